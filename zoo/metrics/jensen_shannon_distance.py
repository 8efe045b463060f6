"""Jensen-Shannon distance of profiles of reads."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from zoo.metrics.per_output_metric import PerOutputMetric

_SMALLEST = 1e-37  # a share below counts as none: half of it is no float32


@keras.saving.register_keras_serializable(package="seqzoo")
class JensenShannonDistance(PerOutputMetric):
    """How far predicted profiles are from the reads: 0 is equal, 1 nothing in common.

    With p the shares of the reads at the positions i, q = softmax(z) and
    m = (p + q) / 2:

        d = sqrt(sum_i (p_i log2(p_i / m_i) + q_i log2(q_i / m_i)) / 2)

    Then the mean over the examples with reads; lower is better. A missing position is
    left out of p and of the softmax, as by `MultinomialNegativeLogLikelihood`. It is
    NaN without any reads, and after a prediction that is no finite number.

    Args:
        name: Of the metric, "jensen_shannon_distance" by default.

    Input shape:
        y_true: (batch, length, num_outputs) reads, 0 or more; NaN is missing.
        y_pred: (batch, length, num_outputs) logits.

    Raises:
        ValueError: Not three axes.

    Source:
        Endres and Schindelin 2003, doi:10.1109/TIT.2003.813506.
    """

    _direction = "down"

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name or "jensen_shannon_distance")

    def make_state(self, num_outputs: int) -> None:
        """Examples with reads, and the sum of their distances, of each output."""
        self.rows = self.zeros((num_outputs,), "int", "rows")
        self.sums = self.zeros((num_outputs,), "float32", "sums")

    def add_batch(self, y_true: Any, y_pred: Any) -> None:
        """Adds the distances of (batch, length, num_outputs)."""
        if len(y_pred.shape) != 3:
            raise ValueError(
                f"{self.name} needs logits (batch, length, num_outputs). "
                f"Received: y_pred.shape={tuple(y_pred.shape)}"
            )
        known = ops.logical_not(ops.isnan(y_true))
        reads = ops.where(known, y_true, 0.0)
        total = ops.sum(reads, axis=1, keepdims=True)
        p = reads / ops.where(total > 0, total, 1.0)
        q = ops.softmax(ops.where(known, y_pred, -1e30), axis=1)
        middle = 0.5 * (p + q)
        bits = _relative_entropy(p, middle) + _relative_entropy(q, middle)
        distance = ops.sqrt(ops.clip(0.5 * bits, 0.0, 1.0))
        some = total[:, 0] > 0
        self.sums.assign(self.sums + ops.sum(ops.where(some, distance, 0.0), axis=0))
        self.rows.assign(self.rows + ops.sum(ops.cast(some, self.rows.dtype), axis=0))

    def compute(self) -> Any:
        """The mean distance of each output."""
        rows = ops.cast(ops.convert_to_tensor(self.rows), "float32")
        return ops.where(rows > 0, self.sums / ops.maximum(rows, 1.0), float("nan"))


def _relative_entropy(p: Any, middle: Any) -> Any:
    """In bits, over axis 1; 0 log 0 is 0, and NaN stays NaN."""
    some = p > _SMALLEST
    ratio = ops.where(some, p, 1.0) / ops.where(some, middle, 1.0)
    return ops.sum(p * ops.log(ratio), axis=1) / math.log(2)
