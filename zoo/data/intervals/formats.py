"""What the columns of a table of intervals are: by their names and by their content."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

_BED = ("chrom", "start", "end", "name", "score", "strand")
_BED12 = (
    *_BED,
    *("thickStart", "thickEnd", "itemRgb", "blockCount", "blockSizes", "blockStarts"),
)
_SIGNAL = ("signalValue", "pValue", "qValue")
NARROW_PEAK = (*_BED, *_SIGNAL, "peak")
_PEAKS = {
    "narrow": NARROW_PEAK,
    "broad": (*_BED, *_SIGNAL),
    "gapped": (*_BED12, *_SIGNAL),
}
_GFF = (
    *("chrom", "source", "type", "start", "end"),
    *("score", "strand", "phase", "attributes"),
)
# By extension, or the type of a UCSC track.
_CALLED = re.compile(r"(?:\.|type=)(narrow|broad|gapped)peak\b", re.IGNORECASE)
# What others call the columns, in any case: pandas users, UCSC, Bioconductor, PyRanges.
_ALIASES = {
    "chrom": ("chrom", "chr", "chromosome", "seqnames", "seqname", "seqid", "contig"),
    "start": ("start", "chromstart"),
    "end": ("end", "chromend", "stop"),
    "strand": ("strand",),
    "name": ("name",),
}
# Whose start counts from 1: SAF of featureCounts, and HOMER.
_ONE_BASED = re.compile(r"geneid|peakid\b.*", re.IGNORECASE)
# Of GRanges and MACS: end - start + 1 where the end is included.
_LENGTHS = ("width", "length")
STRANDS = frozenset("+-.*")
_TOO_LARGE = 10**18  # for a coordinate, in arithmetic of 64 bits
_MOST = 0.9  # a damaged row must not change how the others are read


class ColumnLayout(NamedTuple):
    """How a table is to be read."""

    names: list[str]  # of the columns, those of intervals as BED calls them
    one_based: str = ""  # what shows that start counts from 1 and end is included
    summit: str = ""  # the column of summits, if any: "peak" or "abs_summit"


Column = Callable[[int], Sequence[Any]]


def usual_names(names: Iterable[Any]) -> list[str]:
    """Names of columns, with those of intervals as BED calls them."""
    found = [str(name).strip() for name in names]
    for usual, aliases in _ALIASES.items():
        places = [i for i, name in enumerate(found) if name.lower() in aliases]
        if usual not in found and len(places) == 1:
            found[places[0]] = usual
    return found


def is_header(names: Collection[str]) -> bool:
    """Whether these name the columns of intervals."""
    return {"chrom", "start", "end"} <= set(names)


def named_layout(names: list[str], column: Column) -> ColumnLayout:
    """The layout of a table whose columns have names.

    Args:
        names: As `usual_names` gives them.
        column: Some cells of the column at a place.
    """
    if not is_header(names):
        return ColumnLayout(names)
    start, end = (_whole(column(names.index(name))) for name in ("start", "end"))
    one_based = f"column {names[0]!r}" if _ONE_BASED.match(names[0]) else ""
    for length in _LENGTHS:
        if length in names:
            sizes = _whole(column(names.index(length)))
            rows = zip(start, end, sizes, strict=False)
            if _most(None not in r and r[1] - r[0] + 1 == r[2] for r in rows):
                one_based = f"column {length!r}, which is end - start + 1"
    if one_based and "abs_summit" in names:
        return ColumnLayout(names, one_based, "abs_summit")
    peaks = set(NARROW_PEAK[6:]) <= set(names) and _are_offsets(
        start, end, _whole(column(names.index("peak")))
    )
    return ColumnLayout(names, one_based, "peak" if peaks else "")


def nameless_layout(
    width: int, column: Column, called: str, wanted: Collection[str]
) -> ColumnLayout:
    """The layout of a table whose columns have no names.

    Args:
        width: How many columns there are.
        column: Some cells of the column at a place.
        called: The name of the file, and its track line.
        wanted: The names that are asked for.
    """
    kind = _CALLED.search(called)
    if kind:
        names = _PEAKS[kind[1].lower()]
        return ColumnLayout([*names], summit="peak" if "peak" in names else "")
    if width in (8, 9) and _is_gff(column):
        return ColumnLayout([*_GFF[:width]], "format, GFF")
    for names in _PEAKS.values():
        if width != len(names):
            continue
        at = names.index("signalValue")
        found = _are_signals(*map(column, range(at, at + 3)))
        if "peak" in names:
            found &= _are_offsets(*(_whole(column(place)) for place in (1, 2, 9)))
        if found or not set(names[at:]).isdisjoint(wanted):
            return ColumnLayout(
                [*names], summit="peak" if found and "peak" in names else ""
            )
    bed = [*(_BED12 if width in (9, 12) else _BED)]
    stranded = [place for place in range(3, width) if _are_strands(column(place))]
    if len(stranded) == 1 and stranded[0] < 5:
        bed[5], bed[stranded[0]] = "", "strand"
    return ColumnLayout(bed)


def _most(conditions: Iterable[bool]) -> bool:
    found = list(conditions)
    return bool(found) and sum(found) >= _MOST * len(found)


def whole(value: Any) -> int | None:
    """A coordinate, or None if it is none."""
    number = None
    if isinstance(value, str):
        # int() alone would also take "1_000", "+5" and digits of other scripts.
        digits = value.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) < 19:
            number = int(value)
    elif isinstance(value, (float, np.floating)):
        number = int(value) if value.is_integer() else None
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        number = int(value)
    return None if number is None or abs(number) >= _TOO_LARGE else number


def _whole(cells: Sequence[Any]) -> list[Any]:
    return [whole(cell) for cell in cells]


def _are_offsets(start: list[Any], end: list[Any], peak: list[Any]) -> bool:
    """Whether these lie within the intervals; -1 is none."""
    return _most(
        None not in row and (row[2] == -1 or 0 <= row[2] < row[1] - row[0])
        for row in zip(start, end, peak, strict=False)
    )


def _are_signals(*columns: Sequence[str]) -> bool:
    """Whether these are a signal, a P and a Q value: at least 0, or -1 for none.

    Counts, and the thick part and the color of BED9, are never -1 nor broken.
    """
    cells = [(cell, _number(cell)) for column in columns for cell in column]
    signals = [cell for cell, number in cells if number >= 0 or number == -1]
    return len(signals) >= _MOST * len(cells) and not all(map(str.isdigit, signals))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _are_strands(cells: Sequence[str]) -> bool:
    return _most(cell in STRANDS for cell in cells) and not {"+", "-"}.isdisjoint(cells)


def _is_gff(column: Column) -> bool:
    whole = [_most(n is not None for n in _whole(column(place))) for place in range(5)]
    return whole[1:] == [False, False, True, True]
