"""Predictions as the rows of a table: one per record, or per bin of a profile."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import registry
from zoo.data.record import Interval, Record
from zoo.prediction.genome import bins, outputs, tiles

if TYPE_CHECKING:
    import keras

    from zoo.prediction.sequences import Predictions

_COLUMNS = ("name", "start", "end")
_INTERVAL_COLUMNS = ("chrom", "start", "end", "name", "strand")
_UNBROKEN = str.maketrans("\t\n\r", "   ")


class PredictionRows:
    """Turns predictions into lines of text, their cells separated by tabs.

    Where windows of a record overlap, a bin has one row, from the first window that
    predicts it; what lies beyond the contig has none. Starts count from 0, and ends are
    not included.

    Args:
        release: What is predicted with.
        model: What `zoo.load` gives for it.
        intervals: Whether rows begin with the place in the genome.
        logits: Whether the activation was not applied, which columns say.

    Attributes:
        header: The first line.
    """

    def __init__(
        self,
        release: registry.Release,
        model: keras.Model,
        *,
        intervals: bool,
        logits: bool,
    ) -> None:
        columns = [outputs.column(output, logits) for output in release.outputs]
        by = _INTERVAL_COLUMNS if intervals else _COLUMNS
        self.header = "\t".join((*by, *columns)) + "\n"
        self._release, self._intervals = release, intervals
        self._numbers = "\t".join(["%.6g"] * len(columns)) + "\n"
        self._geometry = functools.cache(
            functools.partial(bins.geometry, model, release)
        )
        self._of: tuple[str, str] | None = None
        self._start = self._reached = 0

    def text(self, records: Sequence[Record], predictions: Predictions) -> str:
        """The lines of some records, which come in the order of the genome.

        Raises:
            InputError: As `zoo.prediction.genome.bins.geometry`.
        """
        outputs.check_count(self._release, predictions.shape[-1])
        shape_of = tiles.whole if predictions.ndim == 2 else self._geometry
        values = predictions.reshape(len(records), -1, predictions.shape[-1]).tolist()
        return "".join(
            f"{self._key(record, start, end)}\t{self._numbers % tuple(row)}"
            for record, rows in zip(records, values, strict=True)
            for start, end, row in self._placed(
                record, rows, shape_of(record.codes.size)
            )
        )

    def _placed(
        self, record: Record, rows: list[list[float]], shape: tiles.Geometry
    ) -> Iterator[tuple[int, int, list[float]]]:
        """The bins to write: their first base, one past their last, their values."""
        size, width = record.codes.size, shape.bin_size
        where = record.interval or Interval("", 0, size)
        offsets = [shape.offset + bin * width for bin in range(len(rows))]
        if where.strand == "-":
            # Bins come in the order of the genome.
            offsets, rows = [size - o - width for o in offsets][::-1], rows[::-1]
        of = (record.source, record.name)
        if of != self._of or where.start <= self._start:
            self._reached = where.start
        self._of, self._start = of, where.start
        reached = self._reached
        for offset, row in zip(offsets, rows, strict=True):
            start = where.start + offset
            end = start + width
            # A prediction of a whole window is that window's own.
            if end <= reached and width != size:
                continue
            self._reached = end
            first, last = max(start, 0), min(end, where.contig_length or end)
            if first < last:
                yield first, last, row

    def _key(self, record: Record, start: int, end: int) -> str:
        """The cells that say what a row is about."""
        name = record.name.translate(_UNBROKEN)
        if not self._intervals:
            return f"{name}\t{start}\t{end}"
        where = record.interval
        assert where is not None
        return f"{where.chrom}\t{start}\t{end}\t{name}\t{where.strand}"
