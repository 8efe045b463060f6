"""Fragments and reads as tables of text -> ends of reads, many lines at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt

from zoo.data.reads.alignments import EndBlock
from zoo.errors import InputError
from zoo.files.inputs import foreign_format

_BLOCK_BYTES = 1 << 22
_LONGEST_LINE = 1 << 16
_MAX_DIGITS = 10
_TAB, _NEWLINE, _HASH = b"\t\n#"
_COLUMNS = "chrom, start and end, divided by tabs"

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


def read_text(stream: IO[bytes], source: str) -> tuple[bool, Iterator[EndBlock]]:
    """Reads the ends of fragments or reads.

    Args:
        stream: BED of reads (tagAlign: "+" or "-" in column 6), of which each has one
            end, its 5' one; or fragments, of which both ends are one.
        source: What errors call it.

    Returns:
        Whether they are fragments, and the ends in the order of the lines.

    Raises:
        InputError: No line, or one of another form; also later.
    """
    head: list[bytes] = []
    line = b""
    while True:
        line = stream.readline(_LONGEST_LINE)
        if kind := foreign_format(line[:512]) if not head else None:
            raise InputError(
                f"{source}: expected BAM, fragments or BED. Received: {kind}."
            )
        head.append(line)
        if not line:
            raise InputError(f"{source}: expected {_COLUMNS}. Received: no such line.")
        if line.strip() and not line.startswith((b"#", b"track", b"browser")):
            break
    words = line.rstrip(b"\r\n").split(b"\t")
    strands = len(words) > 5 and words[5] in (b"+", b"-")
    if not strands and len(words) > 5 and words[3] == words[0]:
        raise InputError(
            f"{source}, line {len(head)}: expected fragments (chrom, start, end) or "
            "reads with a strand in column 6. Received: what looks like BEDPE. Write "
            "the start and end of each whole fragment."
        )
    return not strands, _blocks(stream, source, line, len(head), strands)


def _blocks(
    stream: IO[bytes], source: str, rest: bytes, number: int, strands: bool
) -> Iterator[EndBlock]:
    while True:
        block = stream.read(_BLOCK_BYTES)
        text = rest + block
        if block:
            whole = text.rfind(b"\n") + 1
            text, rest = text[:whole], text[whole:]
            if len(rest) > _BLOCK_BYTES:
                raise InputError(
                    f"{source}: expected lines of {_COLUMNS}. Received: one of more "
                    f"than {_BLOCK_BYTES:,} bytes."
                )
        elif text and not text.endswith(b"\n"):
            text += b"\n"
        if text:
            if b"\r" in text:
                text = text.replace(b"\r\n", b"\n")
            lines = _Lines(text, source, number)
            number += lines.count
            if len(lines.begin):
                yield lines.ends(strands)
        if not block:
            return


class _Lines:
    """Lines that begin with a contig, a start and an end.

    Args:
        text: Whole lines.
        source: What errors call the file.
        number: Of the first line, from 1.
    """

    def __init__(self, text: bytes, source: str, number: int) -> None:
        self._text, self._source, self._number = text, source, number
        self._bytes = np.frombuffer(text, np.uint8)
        stop = np.flatnonzero(self._bytes == _NEWLINE)
        begin = np.append(0, stop[:-1] + 1)
        self.count = len(stop)
        first = self._bytes[begin]
        self._line = np.flatnonzero((first != _HASH) & (stop > begin))
        self.begin, self._stop = begin[self._line], stop[self._line]
        self._tabs = np.append(
            np.flatnonzero(self._bytes == _TAB), np.full(8, len(text))
        )
        self._tab = np.searchsorted(self._tabs, self.begin)

    def _column(self, number: int) -> tuple[Integers, Integers]:
        """Where the cells of a column, from 1, begin and stop."""
        begin = self._tabs[self._tab + number - 1] + 1
        return begin, np.minimum(self._tabs[self._tab + number], self._stop)

    def ends(self, strands: bool) -> EndBlock:
        """The ends, those of a fragment side by side."""
        names, contig = self._names()
        start, end = self._number_column(1), self._number_column(2)
        self._check(end > start, "an end behind the start")
        if strands:
            begin, stop = self._column(5)
            self._check((begin < self._stop) & (stop - begin == 1), "a strand")
            sign = self._bytes[begin]
            minus = sign == ord("-")
            self._check(minus | (sign == ord("+")), 'the strand "+" or "-"')
            return EndBlock(names, contig, np.where(minus, end - 1, start), minus)
        both = np.column_stack([start, end - 1]).reshape(-1)
        minus = np.tile([False, True], len(start))
        return EndBlock(names, np.repeat(contig, 2), both, minus)

    def _names(self) -> tuple[list[str], Integers]:
        """The contigs by name, and the number of each line's."""
        width = self._tabs[self._tab] - self.begin
        self._check((width > 0) & (width < self._stop - self.begin), _COLUMNS)
        longest = int(width.max())
        if longest > 1 << 10:
            self._check(width <= 1 << 10, "a name of a contig of at most 1,024 bytes")
        new = np.ones(len(width), bool)
        new[1:] = width[1:] != width[:-1]
        for at in range(longest):  # neighboring lines are mostly of one contig
            same = np.flatnonzero(~new[1:] & (width[1:] > at)) + 1
            letter = self._bytes[self.begin[same] + at]
            new[same] = letter != self._bytes[self.begin[same - 1] + at]
        rows = np.flatnonzero(new)
        numbers: dict[bytes, int] = {}
        begin, stop = self.begin[rows].tolist(), (self.begin + width)[rows].tolist()
        found = [
            numbers.setdefault(self._text[a:b], len(numbers))
            for a, b in zip(begin, stop, strict=True)
        ]
        repeats = np.diff(np.append(rows, len(width)))
        names = [name.decode("utf-8", "replace") for name in numbers]
        return names, np.repeat(np.array(found, np.int64), repeats)

    def _number_column(self, number: int) -> Integers:
        """Whole numbers, not negative."""
        begin, stop = self._column(number)
        what = "a whole number in column " + str(number + 1)
        width = stop - begin
        self._check((width > 0) & (width <= _MAX_DIGITS), what)
        values = np.zeros(len(width), np.int64)
        wrong = np.zeros(len(width), bool)
        for place in range(int(width.max())):
            has = width > place
            digit = self._bytes[stop - 1 - place * has].astype(np.int64) - ord("0")
            wrong |= has & ((digit < 0) | (digit > 9))
            values += np.where(has, digit, 0) * 10**place
        self._check(~wrong, what)
        return values

    def _check(self, fine: npt.NDArray[np.bool_], expected: str) -> None:
        if fine.all():
            return
        row = int(np.argmin(fine))
        text = self._text[self.begin[row] : self._stop[row]]
        raise InputError(
            f"{self._source}, line {self._number + int(self._line[row])}: expected "
            f"{expected}. Received: {text[:80].decode('utf-8', 'replace')!r}."
        )
