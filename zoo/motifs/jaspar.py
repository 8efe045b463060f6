"""Motif files in the two formats of JASPAR: named rows and raw rows of counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import numpy as np

from zoo.data.files import Input, source_name
from zoo.dna import ALPHABET
from zoo.errors import InputError
from zoo.motifs.lines import Line, numbers, read_lines
from zoo.motifs.motif import Motif

_EXPECTED = "a JASPAR matrix file"


def read_jaspar(path: Input) -> list[Motif]:
    """Reads all motifs of a JASPAR file of counts, plain or gzip.

    Both formats that JASPAR writes, told apart line by line:

        >MA0004.1 Arnt                     >MA0004.1 Arnt
        A  [ 4 19  0  0  0  0 ]             4 19  0  0  0  0
        C  [16  0 20  0  0  0 ]            16  0 20  0  0  0
        G  [ 0  1  0 20  0 20 ]             0  1  0 20  0 20
        T  [ 0  0  0  0 20  0 ]             0  0  0  0 20  0

    Raw rows stand in the order A C G T. Four raw rows without a header are one
    motif, named after its file.

    Args:
        path: A path, "-" for standard input, or a binary stream.

    Returns:
        Motifs in the order of the file, at least one, against uniform bases.

    Raises:
        InputError: With file and line: not such a file, rows missing, of unequal
            width or of RNA, numbers that are no counts, or no motif.

    Source:
        JASPAR: Rauluseviciute et al. 2024, doi:10.1093/nar/gkad1059.
    """
    lines = [line for line in read_lines(path, _EXPECTED) if line.text]
    if lines[0].text.startswith("MEME version"):
        raise InputError(
            f"{lines[0].where}: expected {_EXPECTED}. Received: a MEME file. "
            "Use read_meme."
        )
    if not lines[0].text.startswith(">"):
        name = PurePath(source_name(path)).stem
        return [_motif(lines[0], name, lines)]
    return [
        _motif(header, header.text[1:].strip(), rows) for header, rows in _blocks(lines)
    ]


def _blocks(lines: list[Line]) -> Iterator[tuple[Line, list[Line]]]:
    starts = [i for i, line in enumerate(lines) if line.text.startswith(">")]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start], lines[start + 1 : stop]


def _motif(header: Line, title: str, rows: list[Line]) -> Motif:
    identifier, _, name = title.partition("\t" if "\t" in title else " ")
    if not identifier:
        raise InputError(f"{header.where}: expected '>identifier name'. Received: '>'.")
    if len(rows) != 4:
        raise InputError(
            f"{header.where}: expected 4 rows of counts for {title[:60]!r}, A C G T. "
            f"Received: {len(rows)}."
        )
    counts: dict[str, list[float]] = {}
    for expected, line in zip(ALPHABET, rows, strict=True):
        base, cells = _row(line, expected)
        if base in counts:
            raise InputError(
                f"{line.where}: expected one row of {base}. Received: two."
            )
        counts[base] = numbers(cells, line.where)
        width = len(next(iter(counts.values())))
        if len(counts[base]) != width or width == 0:
            raise InputError(
                f"{line.where}: expected {width or 'at least 1'} counts, one a column, "
                f"as in the rows above. Received: {len(counts[base])}."
            )
    try:
        matrix = np.array([counts[base] for base in ALPHABET]).T
        return Motif(name.strip() or identifier, matrix, identifier)
    except InputError as error:
        raise InputError(f"{header.where}: {error}") from None


def _row(line: Line, expected: str) -> tuple[str, list[str]]:
    """The base of a row and its cells: "A [ 1 2 ]", or raw numbers."""
    first = line.text[0]
    if not first.isalpha():
        return expected, line.text.split()
    if first not in ALPHABET:
        hint = " RNA: write T for U." if first in "Uu" else ""
        raise InputError(
            f"{line.where}: expected counts, or '{expected} [ counts ]'. "
            f"Received: {line.text[:40]!r}.{hint}"
        )
    cells = line.text[1:].strip()
    if not (cells.startswith("[") and cells.endswith("]")):
        raise InputError(
            f"{line.where}: expected '{first} [ counts ]'. Received: "
            f"{line.text[:40]!r}; the file may be cut short."
        )
    return first, cells[1:-1].split()
