"""A FASTA file as plain text on disk, nothing written beside it."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from registry.files import user_path
from zoo.data.files import STDIN, foreign_format, open_input
from zoo.errors import InputError


@contextlib.contextmanager
def plain_fasta(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The FASTA file itself, or its decompressed text in a temporary folder.

    Raises:
        InputError: It is a pipe, empty, not FASTA, or damaged.
    """
    source = str(user_path(path))
    refuse_pipes(source)
    with contextlib.ExitStack() as stack:
        with open_input(path) as (stream, _):
            _check_start(stream, source)
            if not isinstance(stream, gzip.GzipFile):
                plain = Path(source)
            else:
                folder = tempfile.TemporaryDirectory(prefix="seqzoo")
                plain = Path(stack.enter_context(folder), "sequences.fa")
                _decompress(stream, plain, source)
        yield plain


def refuse_pipes(source: str) -> None:
    """Raises an InputError for what cannot be read at random."""
    if source == STDIN or Path(source).is_fifo() or Path(source).is_char_device():
        raise InputError(
            "Expected a FASTA file to cut intervals from. Received: standard input "
            "or a pipe, which cannot be read at random. Save it to a file first."
        )


def _check_start(stream: IO[bytes], source: str) -> None:
    text = b""
    while not text:
        block = stream.read(1 << 16)
        if not block:
            raise InputError(f"{source} is empty: expected FASTA records.")
        text = block.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b">"):
        foreign = foreign_format(text)
        raise InputError(
            f"{source}: not FASTA: expected '>' at the start. Received: {text[:20]!r}"
            + (f", which looks like {foreign}." if foreign else ".")
        )


def _decompress(stream: gzip.GzipFile, plain: Path, source: str) -> None:
    stream.rewind()
    try:
        with plain.open("wb") as output:
            shutil.copyfileobj(stream, output, 1 << 20)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise InputError(
            f"{source}: no space to decompress it in {plain.parent.parent}. Decompress "
            "it yourself, or name a larger folder in TMPDIR."
        ) from None
