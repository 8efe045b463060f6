"""Intervals cut out of the memory-mapped text of a FASTA file, many at once."""

from __future__ import annotations

import contextlib
import errno
import gzip
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.data.fasta import fasta_start
from zoo.data.genomes.flat import take_windows
from zoo.data.genomes.index import FastaIndex, check_fai, read_index
from zoo.data.genomes.letters import AMBIGUOUS, LETTER_TO_CODE, Ambiguous
from zoo.dna import INVALID, UNKNOWN, Codes, invalid_character
from zoo.errors import InputError
from zoo.files.inputs import STDIN, open_input

_BYTES_AT_ONCE = 1 << 18  # of text, so that it is translated while in cache
_LINE_ENDS = b"\r\n"

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FastaText:
    """Plain text and where its sequences lie: the one reader of FASTA by place.

    Attributes:
        source: What errors call the file.
        text: uint8 `(size of the file,)`, memory-mapped.
        index: Of the text.
        unknown: Whether `gather` reads IUPAC letters as N; else they are an error.
    """

    source: str
    text: npt.NDArray[np.uint8]
    index: FastaIndex
    unknown: bool = False

    @classmethod
    def open(cls, plain: Path, source: str, *, unknown: bool = False) -> FastaText:
        """Reads a file of plain text once; `source` is what errors call it.

        Raises:
            InputError: As `read_index` and `check_fai`.
        """
        with plain.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        index = read_index(mapped, source)
        check_fai(source, index)
        return cls(source, np.frombuffer(mapped, np.uint8), index, unknown)

    @cached_property
    def contigs(self) -> dict[str, int]:
        """Length in bp by name, in the order of the file."""
        return dict(zip(self.index.names, self.index.lengths.tolist(), strict=True))

    def letters(self, number: int, start: int, end: int) -> bytes:
        """Letters of an interval that lies within its contig, without line ends."""
        first, stop = self._places(np.array([number]), np.array([start]), end - start)
        text = self.text[int(first[0]) : int(stop[0])]
        return text.tobytes().translate(None, _LINE_ENDS)

    def _places(
        self, numbers: Integers, starts: Integers, length: int
    ) -> tuple[Integers, Integers]:
        """Where intervals begin in the text, and one past where they end."""
        offsets, bases, size = (column[numbers] for column in self.index[2:])
        line, place = starts // bases, starts % bases
        end = starts + length - 1
        last_line, last = end // bases, end % bases
        return offsets + line * size + place, offsets + last_line * size + last + 1

    def gather(self, contig_numbers: Integers, starts: Integers, length: int) -> Codes:
        """Codes of intervals that lie within their contigs.

        Raises:
            InputError: A letter that is not a base.
        """
        codes, ambiguous = self.read(contig_numbers, starts, length)
        if ambiguous is not None and not self.unknown:
            raise ambiguous.error(self.source)
        return codes

    def read(
        self, contig_numbers: Integers, starts: Integers, length: int
    ) -> tuple[Codes, Ambiguous | None]:
        """As `gather`, with IUPAC letters as N, and what is to be said of them."""
        codes, fit = np.empty((len(starts), length), np.uint8), True
        first, stop = self._places(contig_numbers, starts, length)
        # Those that cross equally many line ends are cut out and translated together.
        for size in np.unique(stop - first).tolist():
            rows = np.flatnonzero(stop - first == size)
            step = max(1, _BYTES_AT_ONCE // size)
            for some in np.split(rows, range(step, len(rows), step)):
                text = take_windows(self.text, first[some], size)
                read = bytearray(text.data).translate(LETTER_TO_CODE, _LINE_ENDS)
                if len(read) != len(some) * length:
                    raise InputError(f"{self.source}: changed while it was read.")
                codes[some] = part = np.frombuffer(read, np.uint8).reshape(-1, length)
                fit = fit and int(part.max()) <= UNKNOWN
        return codes, None if fit else self._unfit(codes, contig_numbers, starts)

    def _unfit(
        self, codes: Codes, contig_numbers: Integers, starts: Integers
    ) -> Ambiguous:
        """Makes IUPAC letters N; other characters are errors."""
        ambiguous = codes == AMBIGUOUS
        wrong = codes == INVALID
        which = wrong if wrong.any() else ambiguous
        row, column = np.unravel_index(int(np.argmax(which)), which.shape)
        contig, place = int(contig_numbers[row]), int(starts[row] + column)
        name = self.index.names[contig]
        letter = self.letters(contig, place, place + 1).decode("latin-1")
        if which is wrong:
            raise invalid_character(letter, place, f"{self.source}: {name}")
        codes[ambiguous] = UNKNOWN
        return Ambiguous(int(ambiguous.sum()), name, place + 1, letter)


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
            plain = Path(source)
            if isinstance(stream, gzip.GzipFile):
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
