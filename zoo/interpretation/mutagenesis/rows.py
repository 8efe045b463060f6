"""What mutagenesis found, as the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from zoo.data.record import Record
from zoo.dna import ALPHABET, Codes, reverse_complement_codes
from zoo.interpretation.mutagenesis.full import Values
from zoo.interpretation.mutagenesis.results import (
    Changes,
    IndelMutagenesis,
    Mutagenesis,
    PairwiseMutagenesis,
)

_UNBROKEN = str.maketrans("\t\n\r", "   ")
_LETTERS = ALPHABET + "N"
_NONE = "-"
#: Start, end, and the letters of a change, or the second position; and effects.
_Row = tuple[tuple[Any, ...], Any]


class Rows:
    """Turns results into lines of text, their cells separated by tabs.

    A substitution or an indel has a row with its effect on each target. Starts count
    from 0, and ends are not included; an insertion before a base starts and ends at it.
    Of intervals places and letters are those of the genome's + strand. Of pairs of
    positions rows have the map of dependencies, each pair once.

    Args:
        kind: Of the results.
        names: Of the targets.
        intervals: Whether rows begin with the place in the genome.

    Attributes:
        header: The first line.
    """

    def __init__(
        self, kind: type[Changes], names: Sequence[str], *, intervals: bool
    ) -> None:
        by = ["chrom", "name", "strand"] if intervals else ["name"]
        of = ["start", "end", "reference", "alternate"]
        if kind is PairwiseMutagenesis:
            of = ["position", "position_2"]
        self.header = _line([*by, *of, *names])
        self._intervals = intervals

    def text(self, records: Sequence[Record], found: Changes) -> Iterator[str]:
        """The lines of each of some records."""
        arrays = _arrays(found)
        for row, record in enumerate(records):
            key, first, turned = [record.name], found.start, False
            codes, effects = found.codes[row], [array[row] for array in arrays]
            where = record.interval if self._intervals else None
            if where is not None:
                key = [where.chrom, record.name, where.strand]
                turned = where.strand == "-"
                first += where.start
                if turned:
                    first = where.end - found.start - len(codes)
                    codes = reverse_complement_codes(codes)
                    effects = [_turned(each) for each in effects]
            lines = [
                _line([*key, *map(str, cells), *(f"{v:.6g}" for v in values.tolist())])
                for cells, values in _ROWS[type(found)](codes, first, turned, *effects)
            ]
            yield "".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "\t".join(cell.translate(_UNBROKEN) for cell in cells) + "\n"


def _turned(effects: Values) -> Values:
    """By positions alone, or by positions and bases, or by two positions."""
    return effects[::-1] if effects.ndim == 2 else effects[::-1, ::-1]


def _arrays(found: Changes) -> list[Values]:
    """What the rows of a result are about, for all sequences."""
    if isinstance(found, IndelMutagenesis):
        return [found.deletion_effects, found.insertion_effects]
    if isinstance(found, PairwiseMutagenesis):
        return [found.dependencies]
    assert isinstance(found, Mutagenesis)
    return [found.effects]


def _substitutions(
    codes: Codes, first: int, turned: bool, effects: Values
) -> Iterator[_Row]:
    for place, code in enumerate(codes.tolist()):
        start = first + place
        for base, letter in enumerate(ALPHABET):
            if base != code:
                yield (start, start + 1, _LETTERS[code], letter), effects[place, base]


def _indels(
    codes: Codes, first: int, turned: bool, deleted: Values, inserted: Values
) -> Iterator[_Row]:
    for place, code in enumerate(codes.tolist()):
        start = first + place
        yield (start, start + 1, _LETTERS[code], _NONE), deleted[place]
        # What is before a base of the - strand is behind it on the + strand.
        start += turned
        for base, letter in enumerate(ALPHABET):
            yield (start, start, _NONE, letter), inserted[place, base]


def _pairs(codes: Codes, first: int, turned: bool, pairs: Values) -> Iterator[_Row]:
    for i, j in zip(*np.triu_indices(len(codes), 1), strict=True):
        yield (first + int(i), first + int(j)), pairs[i, j]


_ROWS: dict[type[Changes], Callable[..., Iterator[_Row]]] = {
    Mutagenesis: _substitutions,
    IndelMutagenesis: _indels,
    PairwiseMutagenesis: _pairs,
}
