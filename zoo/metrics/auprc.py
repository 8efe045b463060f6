"""Area under the precision-recall curve."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.metrics.score_histogram import Histogram, ScoreHistogramMetric


@keras.saving.register_keras_serializable(package="seqzoo")
class AUPRC(ScoreHistogramMetric):
    """Average precision: the mean over positives of the precision at their score.

    With p_b positives and n_b negatives in bin b, P of all:

        sum_b (p_b / P) TP_b / (TP_b + FP_b),  TP_b = sum_(a >= b) p_a, FP alike

    A step function of recall, without interpolation: a straight line between two points
    of the curve claims precision that no threshold has. A model that orders at random
    has P / (P + N). Bins are fine and fixed, see `zoo.metrics.score_histogram`: the
    value does not depend on batches or their order, and differs from the exact one by
    `error_bound` at most. An output without positives is not defined, and one with a
    NaN prediction, a label besides 0, 1 and NaN or a probability outside 0 to 1 is
    NaN, too.

    Args:
        from_logits: Whether predictions are logits, or any scores; False for
            probabilities.
        mantissa_bits: Bits after the leading one by which scores are told apart, 0 to
            12. Each one less halves memory and time and doubles the error bound.
        name: Of the metric, "auprc" by default.

    Input shape:
        y_true: (batch, ..., num_outputs) of 0, 1, or NaN where missing.
        y_pred: (batch, ..., num_outputs).

    Source:
        Davis and Goadrich 2006, doi:10.1145/1143844.1143874, on why not to
        interpolate; the sum is scikit-learn's average_precision_score. Deviation:
        scores in one bin count as equal.
    """

    def compute(self) -> Any:
        """The average precision of each output."""
        found = self.histogram()
        true = _float(found.positives_above + found.positives)
        false = _float(found.negatives_above + found.negatives)
        return _mean_over_positives(true / ops.maximum(true + false, 1.0), found)

    def error_bound(self) -> Any:
        """How far each output may be from the exact value: float32 (num_outputs,).

        The order inside a bin is not known. With all its positives first the last of
        them has the highest precision, with all its negatives first, the first of
        them the lowest.
        """
        found = self.histogram()
        above = _float(found.positives_above)
        false = _float(found.negatives_above)
        best = above + _float(found.positives)
        precision = best / ops.maximum(best + false + _float(found.negatives), 1.0)
        best = best / ops.maximum(best + false, 1.0)
        worst = above + 1.0
        worst = worst / (worst + false + _float(found.negatives))
        return ops.maximum(
            _mean_over_positives(best - precision, found),
            _mean_over_positives(precision - worst, found),
        )


def _float(counts: Any) -> Any:
    return ops.cast(counts, "float32")


def _mean_over_positives(values: Any, found: Histogram) -> Any:
    """The mean of (num_outputs, bins) over the positives in the bins."""
    positives, _ = found.totals()
    share = _float(found.positives) / ops.maximum(positives, 1.0)[:, None]
    defined = ops.logical_and(positives > 0, ops.logical_not(found.invalid))
    return ops.where(defined, ops.sum(share * values, axis=-1), float("nan"))
