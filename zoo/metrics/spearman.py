"""Spearman rank correlation."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.metrics.per_output_metric import PerOutputMetric
from zoo.metrics.replicas import own_slot, replicas, set_own_slot


@keras.saving.register_keras_serializable(package="seqzoo")
class Spearman(PerOutputMetric):
    """Spearman's rho of targets and predictions over all rows seen: r of their ranks.

    Ranks need all values at once, so they are kept, up to a capacity; equal values have
    the mean of their ranks. Within the capacity the value is exact; beyond it is
    NaN, never a guess. It is not defined, NaN, where targets or predictions do not
    vary, and NaN after a NaN prediction. Each replica of `tf.distribute` keeps its
    own rows, up to the capacity, and they are ranked together.

    Memory is 8 bytes per row and output, times the replicas. Keras computes all metrics
    at each batch, here by sorting the whole capacity: in `fit` take it no larger than
    the validation data, or leave the metric to `evaluate`.

    Args:
        capacity: Largest number of rows: examples, times positions or bins.
        name: Of the metric, "spearman" by default.

    Input shape:
        y_true: (batch, ..., num_outputs); NaN is missing, but takes its place.
        y_pred: (batch, ..., num_outputs), on any scale.

    Source:
        Spearman 1904, doi:10.2307/1412159; Kendall 1945, doi:10.1093/biomet/33.3.239
        (ties).
    """

    def __init__(self, *, capacity: int = 32_768, name: str | None = None) -> None:
        super().__init__(name=name)
        if not 2 <= capacity <= 2**24:
            raise ValueError(
                "capacity must be 2 to 2^24 rows: above, float32 does not tell ranks "
                f"apart. Received: capacity={capacity}"
            )
        self.capacity = capacity

    def make_state(self, num_outputs: int) -> None:
        """The rows seen by each replica; one more takes those beyond the capacity."""
        slots = replicas()
        shape = (slots, self.capacity + 1, num_outputs)
        self.targets = self.zeros(shape, "float32", "targets")
        self.predictions = self.zeros(shape, "float32", "predictions")
        self.rows = self.zeros((slots,), "int", "rows")

    def update(self, y_true: Any, y_pred: Any, known: Any) -> None:
        """Keeps rows."""
        first = ops.cast(own_slot(self.rows), "int32")
        count = ops.shape(y_true)[0]
        places = first + ops.arange(count, dtype="int32")
        # From 0, as shapes are inferred with numbers from anywhere (PyTorch).
        places = ops.clip(places, 0, self.capacity)[:, None]
        for state, values in ((self.targets, y_true), (self.predictions, y_pred)):
            kept = ops.scatter_update(own_slot(state), places, values)
            set_own_slot(state, kept)
        rows = ops.minimum(first + count, self.capacity + 1)
        set_own_slot(self.rows, ops.cast(rows, self.rows.dtype))

    def compute(self) -> Any:
        """The rank correlation of each output."""
        rows = ops.cast(ops.convert_to_tensor(self.rows), "int32")
        x, y = (
            ops.reshape(
                ops.transpose(
                    ops.convert_to_tensor(state)[:, : self.capacity], (2, 0, 1)
                ),
                (self.num_outputs, -1),
            )
            for state in (self.targets, self.predictions)
        )
        known = ops.arange(self.capacity, dtype="int32") < rows[:, None]
        known = ops.logical_and(
            ops.reshape(known, (-1,)), ops.logical_not(ops.isnan(x))
        )
        invalid = ops.any(ops.logical_and(known, ops.isnan(y)), axis=-1)

        order = ops.argsort(ops.where(known, x, float("inf")), axis=-1)
        x, y, known = (ops.take_along_axis(v, order, axis=-1) for v in (x, y, known))
        rank_x = _centered_ranks(ops.where(known, x, float("inf")), known)
        order = ops.argsort(ops.where(known, y, float("inf")), axis=-1)
        rank_x, y, known = (
            ops.take_along_axis(v, order, axis=-1) for v in (rank_x, y, known)
        )
        rank_y = _centered_ranks(ops.where(known, y, float("inf")), known)

        xx, yy, xy = (
            ops.sum(a * b, axis=-1)
            for a, b in ((rank_x, rank_x), (rank_y, rank_y), (rank_x, rank_y))
        )
        valid = ops.sum(rows) <= self.capacity
        defined = ops.logical_and(ops.logical_and(xx > 0, yy > 0), valid)
        defined = ops.logical_and(defined, ops.logical_not(invalid))
        root = ops.sqrt(ops.where(defined, xx * yy, 1.0))
        return ops.where(defined, ops.clip(xy / root, -1.0, 1.0), float("nan"))


def _centered_ranks(values: Any, known: Any) -> Any:
    """(rank - mean rank) / n of sorted values (num_outputs, n); 0 where unknown.

    Unknown values stand at the end, as infinity; where a known one is infinite, too,
    they share its group, but are not counted in it.
    """
    outputs, size = values.shape
    counted = ops.cast(known, "int32")
    starts = ops.cast(values[:, 1:] != values[:, :-1], "int32")
    group = ops.pad(ops.cumsum(starts, axis=-1), ((0, 0), (1, 0)))
    group = group + size * ops.arange(outputs, dtype=group.dtype)[:, None]
    sizes = ops.segment_sum(
        ops.reshape(counted, (-1,)),
        ops.reshape(group, (-1,)),
        num_segments=outputs * size,
    )
    sizes = ops.reshape(sizes, (outputs, size))
    total = ops.sum(counted, axis=-1, keepdims=True)
    # Twice the mean rank of a group, less twice the mean of all ranks: whole numbers.
    doubled = 2 * ops.cumsum(sizes, axis=-1) - sizes - total
    doubled = ops.take(ops.reshape(doubled, (-1,)), group)
    share = ops.cast(doubled, "float32") / ops.cast(ops.maximum(total, 1), "float32")
    return ops.where(known, share, 0.0)
