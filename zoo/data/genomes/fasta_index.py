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

from registry.files import user_path
from zoo.data.fasta import fasta_start
from zoo.errors import InputError
from zoo.files.inputs import STDIN, open_input


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
            fasta_start(stream, source)
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
