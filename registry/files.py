"""Reading a file that a stranger may have put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from registry.errors import ReleaseError


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
