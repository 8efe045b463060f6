"""A FASTA file opened by pyfaidx, its index checked, nothing written beside it."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from zoo.data.files import STDIN, foreign_format, open_input
from zoo.errors import InputError


@contextlib.contextmanager
def open_fasta(path: str | os.PathLike[str]) -> Iterator[Any]:
    """A pyfaidx.Faidx over the plain text of `path`.

    An index beside the file (.fai) is used if it is not older than the file.
    Otherwise one is made in a temporary folder, and a compressed file is
    decompressed into one: nothing is ever written beside the user's file.

    Raises:
        InputError: It is a pipe, empty, not FASTA, damaged, has lines of unequal
            length or two sequences of one name, or its index cannot be read.
    """
    import pyfaidx

    source = os.fspath(path)
    refuse_pipes(source)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seqzoo")))
        with open_input(path) as (stream, _):
            _check_start(stream, source)
            plain = _plain_text(stream, Path(source), folder)
        index = Path(source + ".fai")
        ready = plain == Path(source) and _is_current(index, plain)
        try:
            faidx = pyfaidx.Faidx(
                plain,
                indexname=index if ready else folder / "sequences.fai",
                as_raw=True,
                rebuild=not ready,
            )
        except UnicodeDecodeError:
            raise InputError(
                _not_ascii(index, f"its index {index} is", source)
                if ready
                else _not_ascii(plain, "it is", source)
            ) from None
        except (pyfaidx.FastaIndexingError, ValueError) as error:
            # pyfaidx says "Duplicate key" and "Line length of fasta ...".
            what = f"its index {index}" if ready else "it as FASTA"
            message = str(error).replace(str(plain), source).rstrip(".")
            raise InputError(f"{source}: cannot read {what}: {message}.") from None
        stack.callback(faidx.close)
        yield faidx


def refuse_pipes(source: str) -> None:
    """Raises an InputError for what cannot be read at random."""
    if source == STDIN or Path(source).is_fifo() or Path(source).is_char_device():
        raise InputError(
            "Expected a FASTA file to cut intervals from. Received: standard input "
            "or a pipe, which cannot be read at random. Save it to a file first."
        )


def fetch(faidx: Any, chrom: str, start: int, end: int, source: str) -> str:
    """The text of an interval that lies within its sequence.

    Raises:
        InputError: The index is that of another file.
    """
    try:
        text = faidx.fetch(chrom, start + 1, end)
    except UnicodeDecodeError:
        raise InputError(_not_ascii(Path(faidx.filename), "it is", source)) from None
    # pyfaidx returns what there is: an index of another file shows itself here, or
    # by the line ends and headers within what should be sequence.
    if len(text) != end - start or ">" in text:
        raise InputError(index_does_not_fit(source, faidx.indexname))
    return str(text)


def check_index(faidx: Any, source: str) -> npt.NDArray[np.int64]:
    """Whether each sequence lies, by the index, between a header and the next one.

    Returns:
        int64 `(4, n)`: length in bp, place of the first base in the text, bases and
        bytes a line.

    Raises:
        InputError: The index is that of another file, or the file is cut short.
    """
    records = [
        (r.rlen, r.offset, max(r.lenc, 1), max(r.lenb, 1)) for r in faidx.index.values()
    ]
    columns = np.array(records, np.int64).reshape(-1, 4).T
    lengths, offsets, bases, size = columns
    text = np.memmap(faidx.filename, np.uint8, "r")
    some = lengths > 0
    last = np.maximum(lengths - 1, 0)
    ends = offsets + some * (last // bases * size + last % bases + 1)
    if (
        min(lengths.min(), offsets.min() - 2, (size - bases).min()) < 0
        or ends.max() > len(text)
        or (text[offsets - 1] != ord("\n")).any()
        or not np.isin(text[ends[some & (ends < len(text))]], (10, 13)).all()
    ):
        raise InputError(index_does_not_fit(source, faidx.indexname))
    # After the line end: the next header, or blank lines.
    after = ends + some * (size - bases)
    after = after[after < len(text)]
    if not np.isin(text[after], (10, 13, ord(">"))).all():
        raise InputError(index_does_not_fit(source, faidx.indexname))
    return columns


def index_does_not_fit(source: str, index: str) -> str:
    """What to say when the places that an index names hold something else."""
    return (
        f"{source}: its index {index} does not fit the file. Delete the index, or "
        "make it again (samtools faidx). If the file is cut short, copy or download "
        "it again."
    )


def _not_ascii(path: Path, what: str, source: str) -> str:
    number, line = 0, b""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                byte = line[error.start]
                return (
                    f"{source}, line {number}: {what} not UTF-8 text; received byte "
                    f"0x{byte:02x} at column {error.start + 1}. Write it in ASCII, or "
                    "convert it (iconv -f WINDOWS-1252 -t UTF-8)."
                )
    return f"{source}: {what} not UTF-8 text."


def _check_start(stream: IO[bytes], source: str) -> None:
    text = b""
    while not text:
        block = stream.read(1 << 16)
        if not block:
            raise InputError(f"{source} is empty: expected FASTA records.")
        text = block.lstrip()
    if not text.startswith(b">"):
        foreign = foreign_format(text)
        raise InputError(
            f"{source}: not FASTA: expected '>' at the start. Received: {text[:20]!r}"
            + (f", which looks like {foreign}." if foreign else ".")
        )


def _plain_text(stream: IO[bytes], path: Path, folder: Path) -> Path:
    """The file itself, or its decompressed text in `folder`."""
    plain = folder / "sequences.fa"
    if isinstance(stream, gzip.GzipFile):
        stream.rewind()
        try:
            with plain.open("wb") as output:
                shutil.copyfileobj(stream, output, 1 << 20)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise InputError(
                f"{path}: no space to decompress it in {folder.parent}. Decompress it "
                "yourself, or name a larger folder in TMPDIR."
            ) from None
        return plain
    if path.suffix.lower() in (".gz", ".bgz", ".bz2", ".zip"):
        # pyfaidx goes by the extension, which is wrong here.
        plain.symlink_to(path.resolve())
        return plain
    return path


def _is_current(index: Path, path: Path) -> bool:
    try:
        current = index.stat().st_mtime >= path.stat().st_mtime
    except OSError:
        return False
    return current and os.access(index, os.R_OK)
