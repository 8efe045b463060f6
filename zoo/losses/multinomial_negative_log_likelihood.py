"""BPNet's profile loss: where counts fall, given how many there are."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.losses.log_factorial import log_factorial_remainder
from zoo.losses.masked_loss import MaskedLoss


@keras.saving.register_keras_serializable(package="seqzoo")
class MultinomialNegativeLogLikelihood(MaskedLoss):
    """Negative log-likelihood of counts k over positions, for each output.

    With p = softmax(z) over the positions i and n = sum_i k_i:

        -ln(n! / prod_i k_i!) - sum_i k_i ln(p_i)

    Then the mean over examples and outputs (tasks, strands). It says nothing of n,
    which is the other half of BPNet's loss: MaskedMeanSquaredError of ln(1 + n), times
    the weight of `zoo.losses.counts_loss_weight`.

    A missing position is left out of k and of the softmax: the counts of the others
    are multinomial given their sum. An output of an example without any known position
    is missing as a whole. Without counts (n = 0) the loss is 0.

    Args:
        multinomial_coefficient: Whether to add the first term. It does not depend on
            z, so training is the same without it, but the value is no likelihood.
        reduction: As in `keras.losses.Loss`, over known pairs of example and output.
        name: Of the loss; that of its class by default.
        dtype: In which it is computed; None for float32.

    Input shape:
        y_true: (batch, length, num_outputs) counts, 0 or more, or NaN. They need
            not be whole numbers.
        y_pred: (batch, length, num_outputs) logits.

    Raises:
        ValueError: Shapes differ, or there are not three axes.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6, Methods, first term of the
        loss. Deviation: BPNet's code sums over outputs, here they are averaged, as
        the counts' loss is there and here; with num_outputs = 1, as in ChromBPNet
        (Pampari et al. 2025, doi:10.1101/2024.12.25.630221), they are equal.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        multinomial_coefficient: bool = True,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction=reduction, dtype=dtype)
        self.multinomial_coefficient = multinomial_coefficient

    def align(self, y_true: Any, y_pred: Any) -> Any:
        """Refuses anything but (batch, length, num_outputs)."""
        if len(y_pred.shape) != 3:
            raise ValueError(
                f"{self.name} needs logits (batch, length, num_outputs). "
                f"Received: y_pred.shape={tuple(y_pred.shape)}"
            )
        return super().align(y_true, y_pred)

    def known(self, y_true: Any, y_pred: Any) -> Any:
        """Outputs with a known position: (batch, num_outputs)."""
        return ops.logical_not(ops.all(ops.isnan(y_true), axis=1))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each output: (batch, num_outputs)."""
        known = ops.logical_not(ops.isnan(y_true))
        counts = ops.where(known, y_true, 0.0)
        any_known = ops.any(known, axis=1, keepdims=True)
        highest = ops.max(
            ops.where(known, y_pred, -float("inf")), axis=1, keepdims=True
        )
        highest = ops.where(any_known, highest, 0.0)
        highest = ops.stop_gradient(highest)
        below = highest - ops.where(known, y_pred, highest)
        share = ops.where(known, ops.exp(-below), 0.0)
        shares = ops.sum(share, axis=1, keepdims=True)
        normalizer = ops.log(ops.where(any_known, shares, 1.0))
        # Terms of one sign: no digits cancel, however large the logits.
        surprise = normalizer + below  # -ln(p)
        if not self.multinomial_coefficient:
            return ops.sum(counts * surprise, axis=1)
        # With ln(k!) = k ln(k) - k + r(k), the large parts of the coefficient join
        # k ln(p) to k ln(k / (n p)), which is small where the model is good.
        total = ops.sum(counts, axis=1, keepdims=True)
        some = counts > 0
        ratio = ops.where(some, counts, 1.0) / ops.where(some, total, 1.0)
        divergence = ops.sum(counts * (surprise + ops.log(ratio)), axis=1)
        remainders = ops.sum(log_factorial_remainder(counts), axis=1)
        return divergence + remainders - log_factorial_remainder(total[:, 0])
