"""BED, narrowPeak, data frames -> intervals as columns, checked row by row."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.bed import bed_rows, check_width, integer
from zoo.data.examples import Intervals
from zoo.data.files import Input, open_input
from zoo.data.sources.rejected import Rejected
from zoo.data.tables import find_column
from zoo.errors import InputError

_BED = ("chrom", "start", "end", "name", "score", "strand")
NARROW_PEAK = (*_BED, "signalValue", "pValue", "qValue", "peak")
# What others call the columns.
_ALIASES = {
    "chr": "chrom",
    "chromosome": "chrom",
    "seqnames": "chrom",
    "chromStart": "start",
    "chromEnd": "end",
}
_CHUNK_ROWS = 8_192


@dataclass
class IntervalTable:
    """Intervals, and the cells of further columns, one row an interval.

    Attributes:
        intervals: 0-based, half-open, as checked by `checked`.
        cells: Further columns by name.
        where: What errors call a row.
        source: What errors call the table.
    """

    intervals: Intervals
    cells: dict[str, Sequence[Any]]
    where: Callable[[int], str]
    source: str


@dataclass
class _Columns:
    """Columns that grow by chunks."""

    numbers: list[int] = field(default_factory=list)
    chrom: list[str] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    cells: dict[str, list[Any]] = field(default_factory=dict)


def read_interval_table(
    intervals: Any,
    *,
    wanted: Sequence[str],
    optional: Sequence[str] = (),
    column_names: Sequence[str] | None = None,
    one_based: bool = False,
    rejected: Rejected,
) -> IntervalTable:
    """Intervals from a file, a data frame or `Intervals`.

    Args:
        intervals: A BED or narrowPeak file (plain or gzip), with or without a line of
            names; anything with `frame["chrom"]`, "start", "end" and perhaps "strand"
            (pandas, Polars, a dict of columns); or `zoo.data.Intervals`.
        wanted: Further columns, by name.
        optional: Further columns that are read where there are such.
        column_names: Names of the columns of a file that has no line of names, other
            than those of BED.
        one_based: Whether start counts from 1 and end is included, as in GFF.
        rejected: Told of each row that is no interval.

    Returns:
        The rows that are intervals.

    Raises:
        InputError: No such file or column, nothing that is an interval, or what
            `rejected` raises.
    """
    if isinstance(intervals, Intervals):
        if wanted:
            raise InputError(
                f"Expected a file or a data frame for the columns {list(wanted)}. "
                "Received: zoo.data.Intervals, which has no further columns."
            )
        columns = {
            "chrom": intervals.chrom,
            "start": intervals.start,
            "end": intervals.end,
            "strand": intervals.strand,
        }
        return _from_frame(columns, (), (), one_based, rejected, "the intervals")
    if isinstance(intervals, (str, os.PathLike)) or hasattr(intervals, "read"):
        return _from_file(
            intervals, wanted, optional, column_names, one_based, rejected
        )
    if not hasattr(intervals, "__getitem__") or not (
        hasattr(intervals, "columns") or isinstance(intervals, Mapping)
    ):
        raise InputError(
            "Expected intervals as a path, a data frame with the columns chrom, start "
            f"and end, or zoo.data.Intervals. Received: {type(intervals).__name__}"
        )
    return _from_frame(
        intervals, wanted, optional, one_based, rejected, "the data frame"
    )


def _from_file(
    path: Input,
    wanted: Sequence[str],
    optional: Sequence[str],
    column_names: Sequence[str] | None,
    one_based: bool,
    rejected: Rejected,
) -> IntervalTable:
    found = _Columns()
    headers: list[list[str]] = []
    with open_input(path) as (stream, source):
        rows = bed_rows(stream, source, headers=headers)
        line, words = next(rows)
        rows = itertools.chain([(line, words)], rows)
        narrow = source.lower().removesuffix(".gz").endswith(".narrowpeak")
        names: Sequence[str] = NARROW_PEAK if narrow else _BED
        if column_names is not None:
            names = column_names
        elif len(words) > 2 and _usual(words)[1:3] == ["start", "end"]:
            names = words
            next(rows)
        elif headers:
            names = headers[-1]
        names = _usual(names)
        for column in ("chrom", "start", "end", *wanted):
            find_column(column, names, source)
        further = [c for c in ("strand", *optional) if c in names[: len(words)]]
        places = {name: names.index(name) for name in (*wanted, *further)}
        found.cells = {name: [] for name in places}
        while chunk := list(itertools.islice(rows, _CHUNK_ROWS)):
            _add_lines(found, chunk, names, places, source, rejected)
    numbers = found.numbers

    def where(row: int) -> str:
        return f"{source}, line {numbers[row]}"

    return _checked(found, where, source, one_based, rejected)


def _add_lines(
    found: _Columns,
    chunk: list[tuple[int, list[str]]],
    names: Sequence[str],
    places: Mapping[str, int],
    source: str,
    rejected: Rejected,
) -> None:
    """Adds the lines whose coordinates are numbers and that have all columns."""
    chrom, start, end = map(names.index, ("chrom", "start", "end"))
    last = max(chrom, start, end, *places.values())
    good: list[tuple[int, list[str], int, int]] = []
    for number, words in chunk:
        where = f"{source}, line {number}"
        try:
            check_width(words, where)
            if len(words) <= last:
                raise InputError(
                    f"{where}: expected at least {last + 1} columns, up to "
                    f"{names[last]!r}. Received: {len(words)}."
                )
            good.append(
                (
                    number,
                    words,
                    integer(words[start], where),
                    integer(words[end], where),
                )
            )
        except InputError as error:
            rejected("not an interval", error)
    for number, words, first, past in good:
        found.numbers.append(number)
        found.chrom.append(words[chrom])
        found.start.append(first)
        found.end.append(past)
    for name, place in places.items():
        found.cells[name] += [row[1][place] for row in good]


def _from_frame(
    frame: Any,
    wanted: Sequence[str],
    optional: Sequence[str],
    one_based: bool,
    rejected: Rejected,
    source: str,
) -> IntervalTable:
    own = list(map(str, frame.keys() if isinstance(frame, Mapping) else frame.columns))
    names = _usual(own)
    for column in ("chrom", "start", "end", *wanted):
        find_column(column, names, source)
    further = [c for c in ("strand", *optional) if c in names]

    def cells(name: str) -> list[Any]:
        column = frame[own[names.index(name)]]
        # Polars calls it otherwise than pandas and NumPy do.
        to_list = getattr(column, "tolist", None) or getattr(column, "to_list", None)
        return list(column) if to_list is None else to_list()

    found = _Columns(
        chrom=cells("chrom"),
        start=cells("start"),
        end=cells("end"),
        cells={name: cells(name) for name in (*wanted, *further)},
    )
    good = []
    for row, values in enumerate(zip(found.chrom, found.start, found.end, strict=True)):
        if all(_whole(value) for value in values[1:]) and isinstance(values[0], str):
            good.append(row)
            continue
        rejected(
            "not an interval",
            InputError(
                f"{source}, row {row} (from 0): expected text as chrom, whole numbers "
                f"as start and end. Received: {values}"
            ),
        )
    found.numbers = good
    found.chrom = [found.chrom[row] for row in good]
    found.start = [int(found.start[row]) for row in good]
    found.end = [int(found.end[row]) for row in good]
    found.cells = {k: [v[row] for row in good] for k, v in found.cells.items()}

    def where(row: int) -> str:
        return f"{source}, row {good[row]} (from 0)"

    return _checked(found, where, source, one_based, rejected)


def _whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _checked(
    found: _Columns,
    where: Callable[[int], str],
    source: str,
    one_based: bool,
    rejected: Rejected,
) -> IntervalTable:
    """Leaves out what is no interval: empty, before the start, of no strand."""
    start = np.array(found.start, np.int64) - one_based
    end = np.array(found.end, np.int64)
    given = found.cells.get("strand", ["."] * len(start))
    strand = np.array([cell if cell else "." for cell in given], np.str_)
    least = "1 (one_based=True)" if one_based else "0 (BED counts from 0)"
    checks = [
        (start < 0, "start before the contig", f"start >= {least}"),
        (end < start, "end before start", "end > start"),
        (end == start, "empty interval", "end > start"),
        (~np.isin(strand, ("+", "-", ".")), "unknown strand", "strand +, - or ."),
    ]
    ok = np.ones(len(start), bool)
    for wrong, reason, expected in checks:
        for row in np.flatnonzero(wrong & ok).tolist():
            ok[row] = False
            rejected(
                reason,
                InputError(
                    f"{where(row)}: expected {expected}. Received: start "
                    f"{found.start[row]}, end {found.end[row]}, strand {given[row]}."
                ),
            )
    if not ok.any():
        raise rejected.nothing_left(source)
    kept = np.flatnonzero(ok)
    intervals = Intervals(np.array(found.chrom), start, end, strand)
    table = IntervalTable(intervals, dict(found.cells), where, source)
    return table if ok.all() else subset(table, kept)


def subset(table: IntervalTable, rows: npt.NDArray[np.int64]) -> IntervalTable:
    """The rows of those numbers, in that order."""
    numbers = rows.tolist()
    return IntervalTable(
        table.intervals.subset(rows),
        {k: [cells[row] for row in numbers] for k, cells in table.cells.items()},
        lambda row: table.where(numbers[row]),
        table.source,
    )


def _usual(names: Iterable[str]) -> list[str]:
    return [_ALIASES.get(name.strip(), name.strip()) for name in names]
