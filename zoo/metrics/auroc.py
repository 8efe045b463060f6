"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.metrics.score_histogram import ScoreHistogramMetric


@keras.saving.register_keras_serializable(package="seqzoo")
class AUROC(ScoreHistogramMetric):
    """The probability that a positive scores higher than a negative.

    With p_b positives and n_b negatives in bin b, P and N of all (equal scores count
    one half):

        sum_b n_b (sum_(a > b) p_a + p_b / 2) / (P N)

    Bins are fine and fixed, see `zoo.metrics.score_histogram`: the value does not
    depend on batches or their order, and differs from the exact one by `error_bound`
    at most. An output with one class only is not defined, and one with a NaN
    prediction, a label besides 0, 1 and NaN or a probability outside 0 to 1 is
    NaN, too.

    Args:
        from_logits: Whether predictions are logits, or any scores; False for
            probabilities.
        mantissa_bits: Bits after the leading one by which scores are told apart, 0 to
            12. Each one less halves memory and time and doubles the error bound.
        name: Of the metric, "auroc" by default.

    Input shape:
        y_true: (batch, ..., num_outputs) of 0, 1, or NaN where missing.
        y_pred: (batch, ..., num_outputs).

    Source:
        Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747. Deviation:
        scores in one bin count as equal.
    """

    def compute(self) -> Any:
        """The area of each output."""
        found = self.histogram()
        positives, negatives = found.totals()
        wins = ops.cast(found.positives_above, "float32")
        wins = wins + 0.5 * ops.cast(found.positives, "float32")
        return self._ratio(wins, found, positives, negatives)

    def error_bound(self) -> Any:
        """How far each output may be from the exact area: float32 (num_outputs,).

        Half of the pairs that share a bin, as a share of all: their order is not known.
        """
        found = self.histogram()
        ties = 0.5 * ops.cast(found.positives, "float32")
        return self._ratio(ties, found, *found.totals())

    def _ratio(self, wins: Any, found: Any, positives: Any, negatives: Any) -> Any:
        """sum_b n_b wins_b / (P N), by shares: the product of counts is too large."""
        share = wins / ops.maximum(positives, 1.0)[:, None]
        of_negatives = ops.cast(found.negatives, "float32")
        of_negatives = of_negatives / ops.maximum(negatives, 1.0)[:, None]
        defined = ops.logical_and(positives > 0, negatives > 0)
        defined = ops.logical_and(defined, ops.logical_not(found.invalid))
        return ops.where(defined, ops.sum(of_negatives * share, axis=-1), float("nan"))
