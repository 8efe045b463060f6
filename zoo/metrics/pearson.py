"""Pearson correlation."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.metrics.per_output_metric import PerOutputMetric
from zoo.metrics.replicas import own_slot, replicas, set_own_slot


@keras.saving.register_keras_serializable(package="seqzoo")
class Pearson(PerOutputMetric):
    """Pearson's r of targets and predictions over all rows seen.

    Not the mean of the batches' or the examples' own r, which is another number. Means
    and sums of squared deviations of batches are merged:

        d = mean_b - mean_a,  mean = mean_a + d n_b / n,
        M = M_a + M_b + d^2 n_a n_b / n

    and alike for the products. Each is kept as the sum of two float32, so that many
    batches, large offsets and small variation lose no digits. It is not defined, NaN,
    where targets or predictions do not vary or with less than two rows, and NaN after
    a prediction that is no finite number. Each replica of `tf.distribute` keeps its
    own state, and they are merged alike.

    Args:
        name: Of the metric, "pearson" by default.

    Input shape:
        y_true: (batch, ..., num_outputs); NaN is missing.
        y_pred: (batch, ..., num_outputs), on the scale to be correlated, e.g. log
            counts with log counts.

    Source:
        Chan, Golub and LeVeque 1983, doi:10.1080/00031305.1983.10483115, equations
        for pairwise updating; Knuth, The Art of Computer Programming 2, 4.2.2 (exact
        error of a sum).
    """

    def make_state(self, num_outputs: int) -> None:
        """Rows, means (2,) and moments xx, yy, xy (3,) of each output, in two parts.

        The first axis is that of replicas.
        """
        slots = replicas()
        self.rows = self.zeros((slots, num_outputs), "int", "rows")
        self.means = self.zeros((slots, 2, 2, num_outputs), "float32", "means")
        self.moments = self.zeros((slots, 2, 3, num_outputs), "float32", "moments")

    def update(self, y_true: Any, y_pred: Any, known: Any) -> None:
        """Merges the rows' own means and moments."""
        count = ops.sum(ops.cast(known, self.rows.dtype), axis=0)
        n_b = ops.cast(count, "float32")
        pair = ops.stack([y_true, y_pred])  # (2, n, num_outputs)
        centre = _midrange(pair, known, n_b > 0)
        deviation = ops.where(known, pair - centre[:, None], 0.0)
        shift = ops.sum(deviation, axis=1) / ops.maximum(n_b, 1.0)
        deviation = ops.where(known, deviation - shift[:, None], 0.0)
        rest = ops.sum(deviation, axis=1) / ops.maximum(n_b, 1.0)
        x, y = deviation[0], deviation[1]
        moments = ops.stack(
            [ops.sum(a * b, axis=0) for a, b in ((x, x), (y, y), (x, y))]
        )
        moments = moments - n_b * _products(rest)

        rows = own_slot(self.rows)
        means, moments = _merge(
            (ops.cast(rows, "float32"), own_slot(self.means), own_slot(self.moments)),
            # The sum of shift and rest is small beside the centre.
            (n_b, ops.stack([centre, shift + rest]), moments),
        )
        set_own_slot(self.means, means)
        set_own_slot(self.moments, moments)
        set_own_slot(self.rows, rows + count)

    def compute(self) -> Any:
        """The correlation of each output."""
        rows = ops.cast(ops.convert_to_tensor(self.rows), "float32")
        means, moments = self.means[0], self.moments[0]
        seen = rows[0]
        for slot in range(1, rows.shape[0]):
            # A replica's moments, less the lost digits of its sum, which are few.
            other = self.moments[slot]
            means, moments = _merge(
                (seen, means, moments),
                (rows[slot], self.means[slot], other[0] + other[1]),
            )
            seen = seen + rows[slot]
        moments = moments[0] + moments[1]
        xx, yy, xy = moments[0], moments[1], moments[2]
        defined = ops.logical_and(xx > 0, yy > 0)
        root = ops.sqrt(ops.where(defined, xx, 1.0)) * ops.sqrt(
            ops.where(defined, yy, 1.0)
        )
        return ops.where(defined, ops.clip(xy / root, -1.0, 1.0), float("nan"))


def _merge(a: tuple[Any, Any, Any], b: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    """Means and moments of rows a and b together.

    Args:
        a: Rows (num_outputs,), means (2, 2, num_outputs) and moments
            (2, 3, num_outputs), each number in two parts.
        b: Alike, but for moments in one part (3, num_outputs).
    """
    n_a, means, moments = a
    n_b, means_b, moments_b = b
    n = ops.maximum(n_a + n_b, 1.0)
    # The first rows lie at their own mean, not at a distance from 0 that float32
    # would round.
    high = ops.where(n_a > 0, means[0], means_b[0])
    low = ops.where(n_a > 0, means[1], 0.0)
    # The large parts first: their difference is exact where they are close.
    delta = (means_b[0] - high) + (means_b[1] - low)
    delta = ops.where(n_b > 0, delta, 0.0)
    added = moments_b + (n_a * (n_b / n)) * _products(delta)
    return (
        _add(high, low, delta * (n_b / n)),
        _add(moments[0], moments[1], added),
    )


def _midrange(pair: Any, known: Any, some: Any) -> Any:
    """(2, num_outputs) between smallest and largest; of equal values, the value."""
    low = ops.min(ops.where(known, pair, float("inf")), axis=1)
    high = ops.max(ops.where(known, pair, -float("inf")), axis=1)
    low, high = ops.where(some, low, 0.0), ops.where(some, high, 0.0)
    return low + 0.5 * (high - low)


def _products(pair: Any) -> Any:
    """(2, num_outputs) of x, y -> (3, num_outputs) of xx, yy, xy."""
    x, y = pair[0], pair[1]
    return ops.stack([x * x, y * y, x * y])


def _add(high: Any, low: Any, value: Any) -> Any:
    """Adds to a number in two parts; the low part collects what rounding lost."""
    total = high + value
    part = total - high
    low = low + ((high - (total - part)) + (value - part))
    # Renewed, so that the low part stays below the rounding of the high one.
    high = total + low
    return ops.stack([high, low - (high - total)])
