"""Losses from logits in which NaN is a missing target."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class _MaskedLoss(keras.losses.Loss):
    """The mean over all known targets of a batch, so each weighs the same."""

    def __init__(self, name: str) -> None:
        # One scalar a batch: a mean of examples' means would weigh the targets of
        # examples with many missing ones more.
        super().__init__(name=name, reduction=None)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The mean loss of the known targets; 0 where there is none."""
        known = ops.logical_not(ops.isnan(y_true))
        # Replaced before the loss, as a gradient would carry NaN through a mask.
        loss = self.elementwise(ops.where(known, y_true, 0.0), y_pred)
        known = ops.cast(known, loss.dtype)
        return ops.sum(loss * known) / ops.maximum(ops.sum(known), 1.0)

    def elementwise(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each target, of the shape of both."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments of the loss."""
        return {"name": self.name}


@keras.saving.register_keras_serializable(package="seqzoo")
class MaskedBinaryCrossentropy(_MaskedLoss):
    """Binary cross-entropy from logits that passes over missing labels.

    With z the logits, y the labels and m = 1 where y is not NaN:

        sum(m * (max(z, 0) - z y + ln(1 + exp(-|z|)))) / sum(m)

    Input shape:
        y_true: (batch, num_outputs) of 0, 1, or NaN where the label is missing.
        y_pred: (batch, num_outputs) logits.

    Source:
        The stable form of the logistic loss, as in
        `tf.nn.sigmoid_cross_entropy_with_logits`.
    """

    def __init__(self, name: str = "masked_binary_crossentropy") -> None:
        super().__init__(name)

    def elementwise(self, y_true: Any, y_pred: Any) -> Any:
        """max(z, 0) - z y + ln(1 + exp(-|z|))."""
        return ops.relu(y_pred) - y_pred * y_true + ops.softplus(-ops.abs(y_pred))


@keras.saving.register_keras_serializable(package="seqzoo")
class MaskedLogPoisson(_MaskedLoss):
    """Poisson negative log-likelihood of the rate exp(z), z the logits.

    exp(z) - y z, less the term ln(y!) that does not depend on z. The targets
    need not be whole numbers; NaN is a missing one.

    Input shape:
        y_true, y_pred: (batch, ..., num_outputs); y_true >= 0 or NaN.
    """

    def __init__(self, name: str = "masked_log_poisson") -> None:
        super().__init__(name)

    def elementwise(self, y_true: Any, y_pred: Any) -> Any:
        """exp(z) - y z."""
        return ops.exp(y_pred) - y_true * y_pred
