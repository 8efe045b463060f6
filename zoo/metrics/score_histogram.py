"""Counts of labels in fine bins of the score, which AUROC and AUPRC are made from."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from zoo.metrics.per_output_metric import PerOutputMetric

_MANTISSA_BITS = 23  # of a float32
_EXPONENT_OF_ONE = 127
_OCTAVES = 32


class Histogram(NamedTuple):
    """Counts (num_outputs, bins), the bins from the lowest to the highest score.

    Attributes:
        positives: In each bin.
        negatives: In each bin.
        positives_above: In all bins above.
        negatives_above: In all bins above.
        invalid: Whether the output had a score or label that is none, (num_outputs,).
    """

    positives: Any
    negatives: Any
    positives_above: Any
    negatives_above: Any
    invalid: Any

    def totals(self) -> tuple[Any, Any]:
        """Positives and negatives of each output, float32 (num_outputs,)."""
        return tuple(
            ops.cast(ops.sum(c, axis=-1), "float32")
            for c in (self.positives, self.negatives)
        )


class ScoreHistogramMetric(PerOutputMetric):
    """A metric of how well scores order two classes, whatever their scale.

    Scores are put into bins by the leading bits of their float32 number: its sign, 32
    octaves and mantissa_bits. That order is exactly that of the scores, and no
    threshold is to be chosen. Scores of one bin count as equal; with the 10 bits of
    the default these are scores that agree to one part in 1,024. Logits are told apart
    from 2^-16 to 2^16 on both sides of 0, probabilities from 2^-32 to 1/2 and, by
    1 - p, from there to 1.

    Counts are integers: exact up to 2^31 - 1 rows (2^63 with TensorFlow), of which
    less than 2^24 per batch. There are 2^(7 + mantissa_bits) of them per output, 0.5 MB
    (1 MB) by default; with hundreds of outputs take fewer bits.

    Args:
        from_logits: Whether predictions are logits, or any scores; False for
            probabilities, 0 to 1.
        mantissa_bits: 0 to 12.
        name: Of the metric.
    """

    def __init__(
        self,
        *,
        from_logits: bool = True,
        mantissa_bits: int = 10,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not 0 <= mantissa_bits <= 12:
            raise ValueError(
                "mantissa_bits must be 0 to 12. "
                f"Received: mantissa_bits={mantissa_bits}"
            )
        self.from_logits = from_logits
        self.mantissa_bits = mantissa_bits
        self.half = _OCTAVES << mantissa_bits
        # Below, at and above 0; the last slot is for what is no score or label.
        self.slots = 2 * self.half

    def make_state(self, num_outputs: int) -> None:
        """One histogram for each output and class."""
        self.counts = self.zeros((num_outputs, 2, self.slots), "int", "counts")

    def update(self, y_true: Any, y_pred: Any, known: Any) -> None:
        """Counts rows."""
        bins, valid = self._bins(y_pred)
        positive = y_true == 1
        valid = ops.logical_and(valid, ops.logical_or(positive, y_true == 0))
        bins = ops.where(valid, bins, self.slots - 1)
        bins = bins + self.slots * ops.cast(positive, "int32")
        self.add_counts(self.counts, bins, known)

    def histogram(self) -> Histogram:
        """What was counted so far."""
        counts = ops.convert_to_tensor(self.counts)
        negatives, positives = counts[:, 0, :-1], counts[:, 1, :-1]
        return Histogram(
            positives,
            negatives,
            _above(positives),
            _above(negatives),
            ops.sum(counts[:, :, -1], axis=-1) > 0,
        )

    def _bins(self, scores: Any) -> tuple[Any, Any]:
        """The bin of each score, int32, and whether it is a score."""
        if self.from_logits:
            key = self._key(scores, _EXPONENT_OF_ONE - _OCTAVES // 2)
            middle = self.half - 1
            bins = ops.where(scores < 0, middle - key, middle + key)
            return bins, ops.logical_not(ops.isnan(scores))
        upper = scores >= 0.5
        # 1 - p is exact from 1/2 on, so the order stays that of p.
        key = self._key(
            ops.where(upper, 1.0 - scores, scores), _EXPONENT_OF_ONE - _OCTAVES
        )
        bins = ops.where(upper, 2 * self.half - 2 - key, key)
        return bins, ops.logical_and(scores >= 0, scores <= 1)

    def _key(self, scores: Any, smallest_exponent: int) -> Any:
        """The leading bits of |score| as int32: 0 below 2^(smallest exponent - 127)."""
        magnitude = ops.bitwise_and(ops.view(scores, "int32"), 0x7FFFFFFF)
        leading = ops.right_shift(magnitude, _MANTISSA_BITS - self.mantissa_bits)
        first = (smallest_exponent << self.mantissa_bits) - 1
        return ops.clip(leading - first, 0, self.half - 1)


def _above(counts: Any) -> Any:
    """Of (num_outputs, bins), the sum over all bins above each."""
    return ops.sum(counts, axis=-1, keepdims=True) - ops.cumsum(counts, axis=-1)
