"""Where each sequence of a FASTA file lies, found by reading all of its text once.

An index beside the file (.fai) never says where bases lie: to find out whether it fits
takes as long as to make it anew, half a second per Gb. It is only compared.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError

# Bases a line of a sequence that has one: it may as well be longer.
_ONE_LINE = 1 << 40
_BLOCK_BYTES = 1 << 20  # is checked while it is in cache
_LF, _CR = b"\n", b"\r"


class FastaIndex(NamedTuple):
    """Sequences in the order of the file; arrays have one entry per sequence."""

    names: tuple[str, ...]  # first words of the headers
    lengths: npt.NDArray[np.int64]  # bp
    offsets: npt.NDArray[np.int64]  # where the first base lies in the text
    line_bases: npt.NDArray[np.int64]
    line_bytes: npt.NDArray[np.int64]  # with the end of the line


def read_index(text: mmap.mmap, source: str) -> FastaIndex:
    """Finds the sequences, and checks each line end between their bases.

    Args:
        text: FASTA; blank lines may lie before the first header, and before and after
            the bases of a sequence.
        source: What errors call the file.

    Raises:
        InputError: Text that is not FASTA, a header without a name or not UTF-8, two
            sequences of one name, or lines of unequal length.
    """
    names: dict[str, int] = {}
    records = []
    start = text.find(b">")
    while start >= 0:
        body = text.find(_LF, start) + 1 or len(text)
        name = _name(text, start, body, source)
        if name in names:
            raise InputError(
                f"{source}, line {_line(text, start)}: a second sequence {name!r}; the "
                f"first is on line {_line(text, names[name])}. Names, the first words "
                "of the headers, must be unique."
            )
        names[name] = start
        start = _next_header(text, body)
        records.append(_lines(text, body, len(text) if start < 0 else start, source))
    columns = np.array(records, np.int64).T
    return FastaIndex(tuple(names), *columns)


def check_fai(source: str, index: FastaIndex) -> None:
    """Compares an index beside the file that is not older than it, if there is one.

    Raises:
        InputError: It has other names or lengths, as where the file is cut short.
    """
    fai = Path(f"{source}.fai")
    try:
        if fai.stat().st_mtime < Path(source).stat().st_mtime:
            return
        lines = fai.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    # Tools differ on sequences without bases.
    listed = [line.split("\t")[:2] for line in lines if "\t0\t" not in line]
    lengths = zip(index.names, index.lengths.tolist(), strict=True)
    if listed != [[name, str(length)] for name, length in lengths if length]:
        raise InputError(
            f"{source}: its index {fai} does not fit the file: other names or lengths. "
            "If the file is cut short, copy or download it again. Otherwise delete the "
            "index, or make it again (samtools faidx)."
        )


def _next_header(text: mmap.mmap, start: int) -> int:
    """The first '>' that begins a line; -1 if there is none."""
    found = text.find(b">", start)
    while found >= 0 and text[found - 1] != ord(_LF):
        found = text.find(b">", found + 1)
    return found


def _name(text: mmap.mmap, start: int, end: int, source: str) -> str:
    header = text[start + 1 : end].rstrip()
    if _CR in header:
        raise InputError(
            f"{source}, line {_line(text, start)}: not FASTA: line ends are CR alone. "
            "Expected LF or CRLF; convert it first (tr '\\r' '\\n')."
        )
    words = header.split(None, 1)
    if not words:
        raise InputError(
            f"{source}, line {_line(text, start)}: expected a name after '>'. Received "
            "none."
        )
    try:
        return words[0].decode()
    except UnicodeDecodeError as error:
        byte = words[0][error.start]
        raise InputError(
            f"{source}, line {_line(text, start)}: its name is not UTF-8 text: it has "
            f"the byte 0x{byte:02x}. Write it in ASCII, or convert the file (iconv -f "
            "WINDOWS-1252 -t UTF-8)."
        ) from None


def _lines(
    text: mmap.mmap, start: int, end: int, source: str
) -> tuple[int, int, int, int]:
    """Length, first base, bases and bytes per line of what lies from start to end."""
    while end > start and text[end - 1] in _CR + _LF:
        end -= 1
    while start < end and text[start] in _CR + _LF:
        start += 1
    line_end = text.find(_LF, start, end)
    if line_end < 0:
        return end - start, start, _ONE_LINE, _ONE_LINE + 1
    size = line_end + 1 - start
    ends = text[line_end - 1 : line_end + 1] if text[line_end - 1] == 13 else _LF
    bases = size - len(ends)
    whole, rest = divmod(end - start, size)
    step = max(1, _BLOCK_BYTES // size) * size
    for first in range(start, end, step):
        block = text[first : min(first + step, end)]
        count = len(block) // size
        # All ends are where they belong, and there are no others.
        for shift, letter in enumerate(reversed(ends), start=1):
            letter_ends = block[size - shift :: size]
            expected = bytes([letter]) * count
            if letter_ends[:count] != expected or block.count(letter) != count:
                raise _odd_line(text, first, end, bases, ends, source)
    if not 0 < rest <= bases:
        raise _odd_line(text, end - rest, end, bases, ends, source)
    return whole * bases + rest, start, bases, size


def _odd_line(
    text: mmap.mmap, start: int, end: int, bases: int, ends: bytes, source: str
) -> InputError:
    """What is wrong with the first line from `start` on that differs."""
    while True:
        line_end = text.find(_LF, start, end)
        line = text[start : line_end + 1 if line_end >= 0 else end]
        letters = line.removesuffix(ends)
        fits = len(letters) == bases and line.endswith(ends) and ends[0] not in letters
        if line_end < 0 or not fits:
            break
        start = line_end + 1
    return InputError(
        f"{source}, line {_line(text, start)}: expected lines of equal length, "
        f"{bases:,} bases and {ends!r} as the first of this sequence, or fewer in its "
        f"last. Received {len(line):,} bytes: {line[:20]!r}. Write it anew (seqkit seq "
        "-w 60); if it is cut short, copy or download it again."
    )


def _line(text: mmap.mmap, place: int) -> int:
    """Number of the line that a byte is on, from 1."""
    blocks = range(0, place, _BLOCK_BYTES)
    return 1 + sum(text[b : min(b + _BLOCK_BYTES, place)].count(_LF) for b in blocks)
