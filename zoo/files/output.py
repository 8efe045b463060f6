"""Write a text file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from registry.errors import SeqzooError
from registry.files import beside, publish, user_path
from zoo.errors import InputError

STDOUT = "-"
_NOT_WRITTEN = "No output was written."

Write = Callable[[str], None]

_REASONS = {
    errno.ENOSPC: "no space left on the device; free some or write elsewhere",
    errno.EDQUOT: "disk quota exceeded; free some space or write elsewhere",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.ENOENT: "the folder does not exist; make it first (mkdir -p)",
    errno.ENOTDIR: "what should be its folder is a file",
    errno.EISDIR: "expected a file to write, received a folder",
    errno.EACCES: "not writable for this user (permission denied)",
    errno.EPERM: "not writable for this user (operation not permitted)",
    errno.EROFS: "the file system is read-only",
    errno.ENAMETOOLONG: "the name is too long",
}


class OutputError(SeqzooError, OSError):
    """The output cannot be written where the user wants it."""


def extension_of(out: str | Path, extensions: Iterable[str]) -> str:
    """What a file's name ends in, in lower case, which says its format.

    Args:
        out: Its name.
        extensions: Those that have a format, such as ".h5".

    Raises:
        InputError: It ends in none of them.
    """
    found = Path(out).suffix.lower()
    known = list(extensions)
    if found not in known:
        raise InputError(
            f"{out}: expected a name that ends in {', '.join(known)}, which says the "
            f"format. Received: {found or 'no extension'}."
        )
    return found


def refuse_replacing(out: str | None, *inputs: str | None) -> None:
    """Refuses an output that is one of the inputs, by whatever path.

    Args:
        out: Where to write, if anywhere.
        inputs: What is read; None for what is not.

    Raises:
        InputError: It is.
    """
    if out is None or out == STDOUT:
        return
    for path in filter(None, inputs):
        with contextlib.suppress(OSError):  # one of them is not there
            if user_path(path).samefile(user_path(out)):
                raise InputError(f"{out} would replace the input {path}.")


@contextlib.contextmanager
def open_output(path: str | os.PathLike[str]) -> Iterator[Write]:
    """Open a file that appears only when the body ends without an error.

    The text goes to a temporary file in the same folder, which takes the place of
    `path` at the end: no reader sees a part of it, and an error or Ctrl-C leaves an
    existing file as it was. For standard output, pipes and devices the text is held
    in a temporary file and copied at the end.

    Args:
        path: A path, or "-" for standard output.

    Yields:
        A function that writes text (UTF-8, lines ending in LF as given).
        A KeyboardInterrupt or SystemExit of the body gets a note that says that
        nothing was written, which the command line prints.

    Raises:
        OutputError: At once if the folder is missing or not writable, or `path` is
            a folder; later if the disk is full.
    """
    name = "standard output" if path == STDOUT else os.fspath(path)
    # Only our own system calls are explained: an OSError of the body is not ours.
    with explained(name):
        output = _open(path)

    def write(text: str) -> None:
        with explained(name):
            output.text.write(text)

    try:
        try:
            yield write
        except (KeyboardInterrupt, SystemExit) as error:
            error.add_note(f"{name}: {_NOT_WRITTEN}")
            raise
        with explained(name):
            output.commit()
    finally:
        # Closing flushes, which fails again on a full disk.
        with contextlib.suppress(OSError):
            output.text.close()
        output.discard()


class _File:
    """A regular file, written beside its final place."""

    def __init__(self, path: Path) -> None:
        # Through a link, so that the link stays and its target is replaced.
        self.path = path.resolve()
        if self.path.exists() and not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self.temporary = beside(self.path)
        # "x" makes the file with the mode that the umask says, unlike mkstemp.
        self.text: IO[str] = self.temporary.open("x", encoding="utf-8", newline="")

    def commit(self) -> None:
        self.text.close()
        publish(self.temporary, self.path)

    def discard(self) -> None:
        self.temporary.unlink(missing_ok=True)


class _Stream:
    """Standard output, a pipe or a device, written to from a temporary file."""

    def __init__(self, path: Path | None) -> None:
        # Opened now, so that a device that cannot be written is told at once.
        self.target = None if path is None else os.open(path, os.O_WRONLY)
        self.text: IO[str] = tempfile.TemporaryFile(  # noqa: SIM115
            "w+", encoding="utf-8", newline=""
        )

    def commit(self) -> None:
        self.text.seek(0)
        target = _standard_output() if self.target is None else self.target
        while chunk := self.text.read(1 << 20):
            if target is None:
                sys.stdout.write(chunk)
                continue
            # By descriptor: what a full device refuses must not stay in a buffer,
            # from where Python would write it again on exit.
            rest = memoryview(chunk.encode("utf-8"))
            while rest:
                rest = rest[os.write(target, rest) :]

    def discard(self) -> None:
        if self.target is not None:
            os.close(self.target)


def _open(path: str | os.PathLike[str]) -> _File | _Stream:
    if path == STDOUT:
        return _Stream(None)
    path = user_path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not path.is_file():
        return _Stream(path)
    return _File(path)


def _standard_output() -> int | None:
    """Its descriptor, or None where it was replaced by an object without one."""
    sys.stdout.flush()
    try:
        return sys.stdout.fileno()
    except io.UnsupportedOperation:
        return None


@contextlib.contextmanager
def explained(name: str, state: str = _NOT_WRITTEN) -> Iterator[None]:
    """Turns what the system refuses into an error with the reason and the next step.

    Args:
        name: What the error calls the file.
        state: How things stand after the error.

    Raises:
        OutputError: In place of an OSError for which a reason is known.
    """
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0)
        if reason is None:
            raise
        raise OutputError(f"{name}: {reason}. {state}") from None
