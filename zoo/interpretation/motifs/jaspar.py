"""Motif files of plain matrices: those of JASPAR, HOMER and HOCOMOCO."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Literal, NamedTuple

import numpy as np

from zoo.dna import ALPHABET
from zoo.errors import InputError, check_choice
from zoo.files.inputs import Input, source_name
from zoo.interpretation.motifs.lines import Line, numbers, read_lines
from zoo.interpretation.motifs.motif import Motif, are_probabilities

RowsAre = Literal["bases", "positions"]

_EXPECTED = "a file of matrices (JASPAR, HOMER, HOCOMOCO)"


class _Block(NamedTuple):
    """One matrix of a file: its header, its title, and the lines below."""

    header: Line
    title: str
    rows: list[Line]

    @property
    def named(self) -> bool:
        """Whether rows begin with their base: "A [ 1 2 ]"."""
        return any(line.text[0].isalpha() for line in self.rows)

    def fits(self, rows_are: RowsAre) -> bool:
        """Whether it can be read so, by its shape."""
        if rows_are == "bases":
            return self.named or len(self.rows) == len(ALPHABET)
        width = {len(line.text.split()) for line in self.rows}
        return not self.named and width == {len(ALPHABET)}


def read_jaspar(path: Input, *, rows_are: RowsAre | None = None) -> list[Motif]:
    """Reads all motifs of a file of matrices, plain or gzip.

    The formats of JASPAR and, with a row per position, of HOMER and HOCOMOCO, told
    apart matrix by matrix:

        >MA0004.1 Arnt              >MA0004.1 Arnt              >CACGT  Arnt
        A  [ 4 19  0  0  0 ]         4 19  0  0  0              0.20 0.80 0.00 0.00
        C  [16  0 20  0  0 ]        16  0 20  0  0              0.95 0.00 0.05 0.00
        G  [ 0  1  0 20  0 ]         0  1  0 20  0              0.00 1.00 0.00 0.00
        T  [ 0  0  0  0 20 ]         0  0  0  0 20              0.00 0.00 1.00 0.00
                                                                0.00 0.00 0.00 1.00

    Raw rows, or columns, stand in the order A C G T. Four rows of four numbers can be
    meant either way: they are read as `rows_are` says, or as the other raw matrices of
    the file show; without both they are refused. Numbers that are not whole and sum to
    1 in every column are probabilities, of 20 sites; others are counts. A matrix
    without a header is one motif, named after its file.

    Args:
        path: A path, "-" for standard input, or a binary stream.
        rows_are: What the rows of raw matrices are: "bases" (JASPAR) or "positions"
            (HOMER, HOCOMOCO). None tells by their shapes.

    Returns:
        Motifs in the order of the file, at least one, against uniform bases.

    Raises:
        InputError: With file and line: not such a file, rows missing, of unequal
            width or of RNA, numbers that are not counts (log-odds have negative ones),
            a matrix that can be meant two ways, or no motif.
        ValueError: Another `rows_are`.

    Source:
        JASPAR: Rauluseviciute et al. 2024, doi:10.1093/nar/gkad1059. HOMER: Heinz et
        al. 2010, doi:10.1016/j.molcel.2010.05.004. HOCOMOCO: Vorontsov et al. 2024,
        doi:10.1093/nar/gkad1077.
    """
    check_choice("rows_are", rows_are, (None, "bases", "positions"))
    lines = [line for line in read_lines(path, _EXPECTED) if line.text]
    if lines[0].text.startswith("MEME version"):
        raise InputError(
            f"{lines[0].where}: expected {_EXPECTED}. Received: a MEME file. "
            "Use read_meme."
        )
    if lines[0].text.startswith(">"):
        blocks = list(_blocks(lines))
    else:
        blocks = [_Block(lines[0], PurePath(source_name(path)).stem, lines)]
    return [
        _by_positions(block) if kind == "positions" else _by_bases(block)
        for block, kind in zip(blocks, _kinds(blocks, rows_are), strict=True)
    ]


def _blocks(lines: list[Line]) -> Iterator[_Block]:
    starts = [i for i, line in enumerate(lines) if line.text.startswith(">")]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        title = lines[start].text[1:].strip()
        yield _Block(lines[start], title, lines[start + 1 : stop])


def _kinds(blocks: list[_Block], rows_are: RowsAre | None) -> Iterator[RowsAre]:
    """What the rows of each matrix are."""
    either = [block.fits("bases") and block.fits("positions") for block in blocks]
    shown: set[RowsAre] = {
        "positions" if block.fits("positions") else "bases"
        for block, open_ in zip(blocks, either, strict=True)
        if not (block.named or open_)
    }
    for block, open_ in zip(blocks, either, strict=True):
        if block.named:
            yield "bases"
        elif rows_are is not None:
            yield rows_are
        elif not open_:
            yield "positions" if block.fits("positions") else "bases"
        elif len(shown) == 1:
            yield next(iter(shown))
        else:
            raise InputError(
                f"{block.header.where}: expected to be told what the four rows of four "
                f"numbers of {block.title[:60]!r} are: rows_are='bases' (JASPAR) or "
                "rows_are='positions' (HOMER, HOCOMOCO). Received neither, and no "
                "other matrix of the file shows it."
            )


def _by_positions(block: _Block) -> Motif:
    rows = []
    for line in block.rows:
        cells = line.text.split()
        if len(cells) != len(ALPHABET):
            raise InputError(
                f"{line.where}: expected 4 numbers, A C G T, of one position. "
                f"Received: {line.text[:40]!r}."
            )
        rows.append(numbers(cells, line.where))
    return _motif(block, rows)


def _by_bases(block: _Block) -> Motif:
    if len(block.rows) != len(ALPHABET):
        raise InputError(
            f"{block.header.where}: expected 4 rows of counts for "
            f"{block.title[:60]!r}, A C G T, or rows of 4, one per position. "
            f"Received: {len(block.rows)} rows."
        )
    counts: dict[str, list[float]] = {}
    for expected, line in zip(ALPHABET, block.rows, strict=True):
        base, cells = _row(line, expected)
        if base in counts:
            raise InputError(
                f"{line.where}: expected one row of {base}. Received: two."
            )
        counts[base] = numbers(cells, line.where)
        width = len(next(iter(counts.values())))
        if len(counts[base]) != width or width == 0:
            raise InputError(
                f"{line.where}: expected {width or 'at least 1'} counts, one per "
                f"column, as in the rows above. Received: {len(counts[base])}."
            )
    columns = zip(*(counts[base] for base in ALPHABET), strict=True)
    return _motif(block, [list(column) for column in columns])


def _motif(block: _Block, rows: list[list[float]]) -> Motif:
    # HOMER writes more fields behind the name: thresholds, numbers of sites.
    tabs = block.title.split("\t")
    identifier, _, name = block.title.partition(" ")
    if len(tabs) > 1:
        identifier, name = tabs[0].strip(), tabs[1]
    if not identifier:
        raise InputError(
            f"{block.header.where}: expected '>identifier name'. Received: '>'."
        )
    name = name.strip() or identifier
    matrix = np.array(rows)
    try:
        if are_probabilities(matrix) and (matrix % 1).any():
            return Motif.from_probabilities(name, matrix, identifier=identifier)
        return Motif(name, matrix, identifier)
    except InputError as error:
        raise InputError(f"{block.header.where}: {error}") from None


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
