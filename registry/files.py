"""Reading a file that a stranger may have put there."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Protocol

from registry.errors import IntegrityError, ReleaseError


class Declared(Protocol):
    """What a release says of one of its files."""

    @property
    def bytes(self) -> int:
        """Its size."""

    @property
    def sha256(self) -> str:
        """Its hash, in hexadecimal digits."""


def user_path(path: str | os.PathLike[str]) -> Path:
    """A path as users write it: "~" is their home folder, as in a shell."""
    # Unlike Path.expanduser, it leaves the "~" of an unknown user as it is.
    return Path(os.path.expanduser(path))  # noqa: PTH111


def read_regular(path: Path, size: int, label: str) -> bytes:
    """The first `size` + 1 bytes of a regular file, so that a longer one shows.

    Neither follows a symbolic link, which could lead out of the folder, nor waits
    for a pipe.

    Args:
        path: The file.
        size: Bytes expected.
        label: Whose file it is, for the error.

    Raises:
        ReleaseError: It is missing, cannot be read, or is no regular file.
    """
    flags = os.O_RDONLY
    for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):  # where the system has it
        flags |= getattr(os, flag, 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                # Not more than there is: a lying declaration shall not cost memory.
                return file.read(min(size, status.st_size) + 1)
    except OSError as error:
        reason = f"{error.strerror or error}"
    else:
        reason = "it is a directory, a pipe or a device"
    if path.is_symlink():
        reason = "it is a symbolic link, which may lead out of the folder"
    raise ReleaseError(
        f"{label} lacks its file {path.name!r}: expected a regular file at {path}, but "
        f"{reason}. Install or download the release again."
    )


def read_checked(path: Path, file: Declared, label: str) -> bytes:
    """The content of a file that has the declared size and hash.

    Args:
        path: The file.
        file: What declares its size and hash.
        label: Whose file it is, for errors.

    Raises:
        IntegrityError: The size or the sha256 is another.
        ReleaseError: It is missing, a symbolic link or no regular file.
    """
    content = read_regular(path, file.bytes, label)
    if len(content) != file.bytes:
        raise IntegrityError(_mismatch(path, "size in bytes", file.bytes, len(content)))
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise IntegrityError(_mismatch(path, "sha256", file.sha256, digest))
    return content


def _mismatch(path: Path, what: str, expected: object, received: object) -> str:
    return (
        f"{path} is not the released file: expected {what} {expected}, received "
        f"{received}. Nothing was loaded. It was probably cut short or changed after "
        "the release; install or download the release again."
    )
