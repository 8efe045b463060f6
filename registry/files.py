"""Reading files that a stranger may have put there; writing whole ones or none."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from registry.errors import ArgumentTypeError, IntegrityError, ReleaseError

# What a process that was killed leaves behind begins so.
UNFINISHED = ".writing-"


class Declared(Protocol):
    """What a release says of one of its files."""

    @property
    def bytes(self) -> int:
        """Its size."""

    @property
    def sha256(self) -> str:
        """Its hash, in hexadecimal digits."""


def user_path(path: str | os.PathLike[str]) -> Path:
    """A path as users write it: "~" is their home folder, as in a shell.

    Raises:
        ArgumentTypeError: It is no path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentTypeError(
            f"Expected a path. Received: {path!r} ({type(path).__name__})"
        )
    # Unlike Path.expanduser, it leaves the "~" of an unknown user as it is.
    return Path(os.path.expanduser(path))  # noqa: PTH111


@contextlib.contextmanager
def replaced(
    target: Path, *, temporary: Path | None = None, mode: int | None = None
) -> Iterator[Path]:
    """Writes a file or a folder that is there when it is whole, or not at all.

    The body writes it somewhere else, and it gets its name when the body ends. An
    error, Ctrl-C or a crash of the machine leaves what was there as it was.

    Args:
        target: What is written. A file may be there and is replaced; a link is, too:
            resolve it before to replace what it leads to. A folder must not be there.
        temporary: Where it is meanwhile, on the same disk. By default a new name
            beside the target with its suffix.
        mode: See `publish`.

    Yields:
        The path to write to, where nothing is yet.

    Raises:
        OSError: It cannot have its name, or be flushed to the disk.
    """
    temporary = temporary or beside(target)
    try:
        yield temporary
        publish(temporary, target, mode=mode)
    finally:
        _remove(temporary)


def remove_unfinished(folder: Path) -> None:
    """Removes what killed processes left in a folder that no other one writes to."""
    for remnant in folder.glob(f"{UNFINISHED}*"):
        _remove(remnant)


def beside(target: Path) -> Path:
    """A new name in the folder of `target`, hidden, with the same suffix."""
    return target.with_name(f"{UNFINISHED}{secrets.token_hex(8)}{target.suffix}")


def publish(path: Path, target: Path, *, mode: int | None = None) -> None:
    """Gives a complete file or folder its name, after it has reached the disk.

    Args:
        path: The file or folder.
        target: Its name from then on.
        mode: Of the file, or of those in the folder; by default that of the file which
            it replaces.
    """
    if mode is None and target.is_file():
        mode = stat.S_IMODE(target.stat().st_mode)
    for part in [*path.rglob("*"), path]:
        _flush(part)
        if mode is not None and not part.is_dir():
            part.chmod(mode)
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # on another disk, where a link may lead
            raise
        with replaced(target) as copy:
            shutil.copyfile(path, copy)
        path.unlink()
    _flush(target.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    folder = path.is_dir()
    if folder and os.name == "nt":  # folders have no descriptor there
        return
    try:
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        # Folders that may not be listed, and file systems that flush files alone.
        if not folder or error.errno not in (errno.EACCES, errno.EINVAL):
            raise


def read_regular(path: Path, size: int, label: str) -> bytes:
    """The first `size` + 1 bytes of a regular file, so that a longer one shows.

    Neither follows a symbolic link, which could lead out of the folder, nor waits
    for a pipe.

    Args:
        path: The file.
        size: Bytes expected.
        label: Whose file it is, for the error.

    Raises:
        ReleaseError: It is missing, cannot be read, or is not a regular file.
    """
    flags = os.O_RDONLY
    for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):  # where the system has it
        flags |= getattr(os, flag, 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                # Not more than there is: a false declaration must not cost memory.
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
        ReleaseError: It is missing, a symbolic link, or not a regular file.
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
