"""Matthews correlation coefficient."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.metrics.per_output_metric import PerOutputMetric

_SLOTS = 5  # true negatives, false positives, false negatives, true positives, invalid


@keras.saving.register_keras_serializable(package="seqzoo")
class MCC(PerOutputMetric):
    """The correlation of predicted and true class, from -1 to 1, at one threshold.

        (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))

    High only if all four counts are good, also where classes are unbalanced. It is not
    defined where predictions, or labels, are of one class only: NaN, where
    scikit-learn gives 0. An output with a NaN prediction or a label besides 0, 1
    and NaN is NaN, too. Counts are integers.

    Args:
        from_logits: Whether predictions are logits; False for probabilities.
        threshold: A prediction above it is of class 1; None for 0 from logits and 0.5
            from probabilities.
        name: Of the metric, "mcc" by default.

    Input shape:
        y_true: (batch, ..., num_outputs) of 0, 1, or NaN where missing.
        y_pred: (batch, ..., num_outputs).

    Source:
        Matthews 1975, doi:10.1016/0005-2795(75)90109-9; Chicco and Jurman 2020,
        doi:10.1186/s12864-019-6413-7.
    """

    def __init__(
        self,
        *,
        from_logits: bool = True,
        threshold: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.from_logits = from_logits
        self.threshold = threshold

    def make_state(self, num_outputs: int) -> None:
        """The confusion matrix of each output."""
        self.counts = self.zeros((num_outputs, _SLOTS), "int", "counts")

    def update(self, y_true: Any, y_pred: Any, known: Any) -> None:
        """Counts rows."""
        threshold = self.threshold
        if threshold is None:
            threshold = 0.0 if self.from_logits else 0.5
        positive = y_true == 1
        slot = 2 * ops.cast(positive, "int32") + ops.cast(y_pred > threshold, "int32")
        valid = ops.logical_and(
            ops.logical_or(positive, y_true == 0), ops.logical_not(ops.isnan(y_pred))
        )
        self.add_counts(self.counts, ops.where(valid, slot, _SLOTS - 1), known)

    def compute(self) -> Any:
        """The coefficient of each output."""
        counts = ops.cast(ops.convert_to_tensor(self.counts), "float32")
        tn, fp, fn, tp, invalid = (counts[:, slot] for slot in range(_SLOTS))
        sums = ((tp + fp), (tp + fn), (tn + fp), (tn + fn))
        defined = invalid == 0
        for each in sums:
            defined = ops.logical_and(defined, each > 0)
        predicted, true, false, rejected = (ops.maximum(each, 1.0) for each in sums)
        # As roots of products of rates: products of four counts are too large.
        right = (tp / predicted) * (tp / true) * (tn / false) * (tn / rejected)
        wrong = (fp / predicted) * (fn / true) * (fp / false) * (fn / rejected)
        return ops.where(defined, ops.sqrt(right) - ops.sqrt(wrong), float("nan"))
