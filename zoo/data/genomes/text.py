"""Intervals cut out of the memory-mapped text of a FASTA file, whole lines at once."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zoo.data.genomes.flat import take_windows
from zoo.data.genomes.index import FastaIndex, check_fai, read_index
from zoo.data.genomes.letters import (
    AMBIGUOUS,
    LETTER_TO_CODE,
    Ambiguous,
    invalid_character,
)
from zoo.dna import UNKNOWN, Codes

_BYTES_AT_ONCE = 1 << 18  # of text, so that it is translated while in cache

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
        _, offset, bases, size = (int(c[number]) for c in self.index[1:])
        line, first = divmod(start, bases)
        last_line, last = divmod(end, bases)
        text = self.text[
            offset + line * size + first : offset + last_line * size + last
        ]
        return text.tobytes().translate(None, b"\r\n"[bases - size :])

    @cached_property
    def _line_shapes(self) -> tuple[list[list[int]], Integers]:
        """The pairs of bases and bytes a line that occur, and which a contig has."""
        pairs = np.stack([self.index.line_bases, self.index.line_bytes], axis=1)
        shapes, shape_of = np.unique(pairs, axis=0, return_inverse=True)
        return shapes.tolist(), shape_of.reshape(-1)

    def gather(self, contig_numbers: Integers, starts: Integers, length: int) -> Codes:
        """Codes of intervals that lie within their contigs.

        Raises:
            InputError: A letter that is not a base.
        """
        codes, fit = np.empty((len(starts), length), np.uint8), True
        shapes, shape_of = self._line_shapes
        number = shape_of[contig_numbers] if len(shapes) > 1 else None
        for which, (bases, size) in enumerate(shapes):
            cut = _across_lines if bases < length else _within_two_lines
            step = max(1, _BYTES_AT_ONCE // (length + min(bases, length)))
            rows = np.arange(len(starts))
            if number is not None:
                rows = rows[number == which]
            for first in range(0, len(rows), step):
                some = rows[first : first + step]
                offsets = self.index.offsets[contig_numbers[some]]
                bases_after = self.index.lengths[contig_numbers[some]] - starts[some]
                read = cut(
                    self.text, offsets, starts[some], bases_after, length, bases, size
                )
                fit = fit and int(read.max()) <= UNKNOWN
                codes[some] = read
        if not fit:
            self._check_letters(codes, contig_numbers, starts)
        return codes

    def _check_letters(
        self, codes: Codes, contig_numbers: Integers, starts: Integers
    ) -> None:
        ambiguous = codes == AMBIGUOUS
        wrong = (codes > UNKNOWN) & ~(ambiguous & self.unknown)
        if wrong.any():
            row, column = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            contig, place = int(contig_numbers[row]), int(starts[row] + column)
            name, letter = (
                self.index.names[contig],
                self.letters(contig, place, place + 1),
            )
            if ambiguous[row, column]:
                raise Ambiguous(1, name, place + 1, letter.decode()).error(self.source)
            raise invalid_character(letter, name, place, self.source)
        codes[ambiguous] = UNKNOWN


def _across_lines(
    text: npt.NDArray[np.uint8],
    offsets: Integers,
    starts: Integers,
    bases_after: Integers,
    length: int,
    bases: int,
    size: int,
) -> Codes:
    """Codes of intervals that are longer than a line.

    All lines that an interval touches are read without their ends, and the interval
    is copied out of them.
    """
    count = (length + bases - 2) // bases + 1
    phase = starts % bases
    first = offsets + starts // bases * size
    within = np.arange(len(starts)) * (count * bases) + phase
    if (count * bases - phase < bases_after).all():
        # Every line is whole and has an end, which goes as the letters are read.
        lines = take_windows(text, first, count * size)
        read = bytearray(lines.data).translate(LETTER_TO_CODE, b"\r\n")
        if len(read) == len(starts) * count * bases:
            return take_windows(np.frombuffer(read, np.uint8), within, length)
    places = first[:, None] + np.arange(count) * size
    over = places[:, -1] + bases > len(text)
    letters = np.empty((len(starts), count * bases), np.uint8)
    letters[~over] = _lines(text, places[~over], bases)
    if over.any():
        # Of the last lines of the file there is only a part: as if it went on.
        low = max(0, len(text) - count * size)
        end = np.concatenate([text[low:], np.zeros(count * size, np.uint8)])
        letters[over] = _lines(end, places[over] - low, bases)
    return _codes(take_windows(letters.reshape(-1), within, length))


def _lines(
    text: npt.NDArray[np.uint8], starts: Integers, bases: int
) -> npt.NDArray[np.uint8]:
    """Letters of lines `(n, count)`, one after the other, `(n, count * bases)`."""
    lines = take_windows(text, starts.reshape(-1), bases)
    return lines.reshape(len(starts), starts.shape[1] * bases)


def _within_two_lines(
    text: npt.NDArray[np.uint8],
    offsets: Integers,
    starts: Integers,
    bases_after: Integers,
    length: int,
    bases: int,
    size: int,
) -> Codes:
    """Codes of intervals no longer than a line, which cross one line end or none."""
    phase = starts % bases
    first = offsets + starts // bases * size + phase
    crossing = np.flatnonzero(phase + length > bases)
    letters = take_windows(text, first, length)
    if len(crossing):
        # Bases after the line end are those that lie further by its bytes.
        after = take_windows(text, first[crossing] + (size - bases), length)
        before_end = np.arange(length) < (bases - phase[crossing])[:, None]
        letters[crossing] = np.where(before_end, letters[crossing], after)
    return _codes(letters)


def _codes(letters: npt.NDArray[np.uint8]) -> Codes:
    # Three times as fast as a table of NumPy's.
    read = bytearray(letters.data).translate(LETTER_TO_CODE)
    return np.frombuffer(read, np.uint8).reshape(letters.shape)
