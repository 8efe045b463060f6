"""Binary cross-entropy with missing labels."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.losses.masked_loss import MaskedLoss


@keras.saving.register_keras_serializable(package="seqzoo")
class MaskedBinaryCrossentropy(MaskedLoss):
    """Binary cross-entropy from logits that passes over missing labels.

    For one label or for several that do not exclude one another (multi-label).
    With z the logits, y the labels and m = 1 where y is not NaN:

        sum(m (y ln(1 + exp(-z)) + (1 - y) ln(1 + exp(z)))) / sum(m)

    Args:
        reduction: As in `keras.losses.Loss`, over known labels.
        name: Of the loss; that of its class by default.
        dtype: In which it is computed; None for float32.

    Input shape:
        y_true: (batch, ..., num_outputs) of 0, 1, or NaN where the label is missing.
        y_pred: (batch, ..., num_outputs) logits.

    Raises:
        ValueError: Shapes differ.
    """

    def elementwise(self, y_true: Any, y_pred: Any) -> Any:
        """With s = softplus: y s(-z) + (1 - y) s(z)."""
        # Not the form with max(z, 0) and |z|: its gradient is wrong at z = 0, where
        # a head that begins with zeros stands.
        return y_true * ops.softplus(-y_pred) + (1.0 - y_true) * ops.softplus(y_pred)
