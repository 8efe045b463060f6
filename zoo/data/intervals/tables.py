"""BED, its relatives, data frames -> intervals as columns, checked row by row."""

from __future__ import annotations

import itertools
import os
import warnings
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Intervals
from zoo.data.intervals.formats import (
    STRANDS,
    ColumnLayout,
    named_layout,
    nameless_layout,
    usual_names,
    whole,
)
from zoo.data.intervals.lines import IntervalRows, interval_rows
from zoo.data.sources.rejected import Rejected
from zoo.data.tables import find_column, wrong_cells
from zoo.errors import InputError
from zoo.files.inputs import open_input

_SAMPLE_ROWS = 8_192

Centre = Literal["midpoint", "summit"] | None


@dataclass(eq=False)
class IntervalTable:
    """Intervals, and the cells of further columns, one row per interval."""

    intervals: Intervals  # 0-based, half-open; start >= 0, end > start
    cells: dict[str, Sequence[Any]]  # by name
    where: Callable[[int], str]  # what errors call a row
    source: str  # and the table
    summits: bool = False  # in `cells["peak"]`, in bp from the start of the interval

    def names(self) -> list[str]:
        """Of the rows, "chrom:start-end" for those without."""
        found = self.cells.get("name", [None] * len(self.intervals))
        columns = self.intervals
        return [
            f"{columns.chrom[row]}:{columns.start[row]}-{columns.end[row]}"
            if _is_missing(name) or str(name).strip() in ("", ".")
            else str(name).strip()
            for row, name in enumerate(found)
        ]

    def subset(self, rows: npt.NDArray[np.int64]) -> IntervalTable:
        """The rows of those numbers, in that order."""
        numbers = rows.tolist()
        return IntervalTable(
            self.intervals.subset(rows),
            {k: [cells[row] for row in numbers] for k, cells in self.cells.items()},
            lambda row: self.where(numbers[row]),
            self.source,
            self.summits,
        )


def read_interval_table(
    intervals: Any,
    *,
    wanted: Sequence[str] = (),
    centre: Centre = None,
    column_names: Sequence[str] | None = None,
    one_based: bool | None = None,
    rejected: Rejected,
) -> IntervalTable:
    """Intervals from a file, a data frame or `Intervals`.

    Args:
        intervals: A file (plain or gzip): BED, narrowPeak, broadPeak or gappedPeak,
            GFF, MACS .xls, or with a line of names; anything with `frame["chrom"]`,
            "start", "end" and perhaps "strand" (pandas, Polars, PyRanges, a dict of
            columns); or `zoo.data.Intervals`.
        wanted: Further columns, by name. Those of names and summits are read where
            there are such.
        centre: Of the windows that are meant: a "summit" must be in the table.
        column_names: Names of all columns of a file that has no line of names, other
            than those of its format.
        one_based: Whether start counts from 1 and end is included, as in GFF. None:
            where the format or a column "width" or "length" shows it; a warning says
            so.
        rejected: Told of each row that is not an interval.

    Returns:
        The rows that are intervals.

    Raises:
        InputError: No such file or column, nothing that is an interval, or what
            `rejected` raises.
    """
    summit = ["peak"] if centre == "summit" else []
    wanted = list(dict.fromkeys([*wanted, *summit]))
    if isinstance(intervals, Intervals):
        intervals = vars(intervals)
    if isinstance(intervals, (str, os.PathLike)) or hasattr(intervals, "read"):
        with open_input(intervals) as (stream, source):
            lines = interval_rows(stream, source)
            return _from_file(lines, source, wanted, column_names, one_based, rejected)
    for evaluate in ("collect", "as_df"):  # Polars' LazyFrame; PyRanges
        if callable(getattr(intervals, evaluate, None)):
            intervals = getattr(intervals, evaluate)()
    if not hasattr(intervals, "__getitem__") or not (
        hasattr(intervals, "columns") or isinstance(intervals, Mapping)
    ):
        raise InputError(
            "Expected intervals as a path, a data frame with the columns chrom, start "
            f"and end, or zoo.data.Intervals. Received: {type(intervals).__name__}"
        )
    return _from_frame(intervals, wanted, one_based, rejected)


def _from_file(
    lines: IntervalRows,
    source: str,
    wanted: Sequence[str],
    column_names: Sequence[str] | None,
    one_based: bool | None,
    rejected: Rejected,
) -> IntervalTable:
    sample = list(itertools.islice(lines.rows, _SAMPLE_ROWS))
    if not sample:
        raise InputError(f"{source} has no rows below its header: expected intervals.")
    named = lines.names if column_names is None else usual_names(column_names)
    widths = Counter(len(words) for _, words in sample)
    width = widths.most_common(1)[0][0] if named is None else len(named)
    full = [words for _, words in sample if len(words) >= width]

    def column(place: int) -> Sequence[str]:
        return [words[place] for words in full]

    if named is None:
        called = f"{PurePath(source).name} {lines.track}"
        layout = nameless_layout(width, column, called, wanted)
    else:
        layout = named_layout(named, column)
    found = _Collected(layout, wanted, one_based, source, rejected)
    found.unit = "line {}"
    like = "the header" if column_names is None else "column_names"
    for number, words in itertools.chain(sample, lines.rows):
        if named is not None and len(words) != len(named):
            error = wrong_cells(found.where(number), named, words, like)
            rejected("wrong number of cells", error)
        elif len(words) <= found.last:
            rejected("not an interval", _too_few(found, number, words))
        else:
            # BED files whose rows end at different columns are met.
            found.add(number, words + [""] * (len(layout.names) - len(words)))
    return found.table()


def _too_few(found: _Collected, number: int, words: list[str]) -> InputError:
    expected = f"at least {found.last + 1} columns, up to {found.names[found.last]!r}"
    if len(words) < 3:
        expected = "chrom, start and end, separated by tabs"
    return InputError(
        f"{found.where(number)}: expected {expected}. Received: {len(words)} "
        f"column{'s' * (len(words) > 1)}: {words[0]!r:.60}."
    )


def _from_frame(
    frame: Any, wanted: Sequence[str], one_based: bool | None, rejected: Rejected
) -> IntervalTable:
    own = list(frame.keys() if isinstance(frame, Mapping) else frame.columns)

    def cells(place: int) -> Sequence[Any]:
        column = frame[own[place]]
        # Polars calls it otherwise than pandas and NumPy do.
        to_list = getattr(column, "tolist", None) or getattr(column, "to_list", None)
        found = column if to_list is None else to_list()
        if isinstance(found, str) or not isinstance(found, Iterable):
            raise InputError(
                f"the data frame: expected a list of values as {own[place]!r}. "
                f"Received: {found!r:.60}"
            )
        return list(found)

    layout = named_layout(usual_names(own), lambda place: cells(place)[:_SAMPLE_ROWS])
    found = _Collected(layout, wanted, one_based, "the data frame", rejected)
    found.unit = "row {} (from 0)"
    columns = {place: cells(place) for place in found.used}
    lengths = {own[place]: len(column) for place, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"the data frame: expected columns of one length. Received: {lengths}"
        )
    nothing = [None] * len(columns[found.used[0]])
    rows = zip(*(columns.get(i, nothing) for i in range(len(own))), strict=True)
    for number, row in enumerate(rows):
        found.add(number, row)
    return found.table()


class _Collected:
    """Intervals that grow row by row."""

    unit = ""

    def __init__(
        self,
        layout: ColumnLayout,
        wanted: Sequence[str],
        one_based: bool | None,
        source: str,
        rejected: Rejected,
    ) -> None:
        self.names, self.source, self.rejected = layout.names, source, rejected
        self.summit = layout.summit
        if one_based is None and layout.one_based:
            warnings.warn(
                f"{source}: start counts from 1 and the end is included (by its "
                f"{layout.one_based}). Read as such.",
                stacklevel=5,
            )
        self.first = int(bool(layout.one_based) if one_based is None else one_based)
        required = [self._place(name) for name in ("chrom", "start", "end", *wanted)]
        optional: list[str] = [n for n in ("strand", "name") if n in self.names]
        optional += ["peak"] if layout.summit else []
        self.places = {n: self._place(n) for n in (*wanted, *optional)}
        self.used = list(dict.fromkeys([*required, *self.places.values()]))
        self.last = max(required)
        self._where = tuple(required[:3])
        self.numbers, self.start, self.end = array("q"), array("q"), array("q")
        self.chrom: list[str] = []
        self.strand: list[str] = []
        self.cells: dict[str, list[Any]] = {name: [] for name in self.places}

    def _place(self, name: str) -> int:
        if name == "peak" and self.summit:
            name = self.summit
        return find_column(name, self.names, self.source)

    def where(self, number: int) -> str:
        return f"{self.source}, {self.unit.format(number)}"

    def add(self, number: int, row: Sequence[Any]) -> None:
        """Adds the row, or rejects it."""
        chrom, start, end = (row[place] for place in self._where)
        strand = row[self.places["strand"]] if "strand" in self.places else "."
        contig, low, high = _contig(chrom), whole(start), whole(end)
        if contig is None or low is None or high is None:
            message = (
                f"{self.where(number)}: expected a name as chrom, whole numbers as "
                f"start and end. Received: {chrom!r:.60}, {start!r:.60}, {end!r:.60}."
            )
            self.rejected("not an interval", InputError(message))
            return
        low -= self.first
        if _is_missing(strand) or strand in ("", "*"):
            strand = "."
        if low < 0 or high <= low or strand not in STRANDS:
            reason, expected = self._fault(low, high)
            message = (
                f"{self.where(number)}: expected {expected}. Received: start {start}, "
                f"end {end}, strand {strand!r}."
            )
            self.rejected(reason, InputError(message))
            return
        self.numbers.append(number)
        self.chrom.append(contig)
        self.start.append(low)
        self.end.append(high)
        self.strand.append(strand)
        for name, place in self.places.items():
            self.cells[name].append(row[place])

    def _fault(self, low: int, high: int) -> tuple[str, str]:
        if low < 0:
            counts = ("BED counts from 0", "it counts from 1")[self.first]
            return "start before the contig", f"start >= {self.first} ({counts})"
        if high <= low:
            reason = "end before start" if high < low else "empty interval"
            return reason, "end > start"
        return "unknown strand", "strand '+', '-' or '.'"

    def table(self) -> IntervalTable:
        """All that was added.

        Raises:
            InputError: Nothing was.
        """
        if not self.numbers:
            raise self.rejected.nothing_left(self.source)
        start, end = (np.frombuffer(a, np.int64) for a in (self.start, self.end))
        if self.summit == "abs_summit":
            summits = zip(self.cells["peak"], self.start, strict=True)
            self.cells["peak"] = [
                -1 if place is None else place - self.first - low
                for place, low in ((whole(cell), low) for cell, low in summits)
            ]
        return IntervalTable(
            Intervals(np.array(self.chrom), start, end, np.array(self.strand)),
            dict(self.cells),
            lambda row: self.where(self.numbers[row]),
            self.source,
            bool(self.summit),
        )


def _contig(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    number = whole(value)
    return None if number is None else str(number)


def _is_missing(value: Any) -> bool:
    """Whether it is None, NaN or pandas.NA."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # of NA
        return True
