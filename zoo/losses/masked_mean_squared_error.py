"""Squared error with missing targets."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.losses.masked_loss import MaskedLoss


@keras.saving.register_keras_serializable(package="seqzoo")
class MaskedMeanSquaredError(MaskedLoss):
    """Mean of (y - z)^2 over the targets that are known.

    For regression, and for BPNet's total counts, with y = ln(1 + counts).

    Args:
        reduction: As in `keras.losses.Loss`, over known targets.
        name: Of the loss; that of its class by default.
        dtype: In which it is computed; None for float32.

    Input shape:
        y_true: (batch, ..., num_outputs); NaN is a missing target.
        y_pred: (batch, ..., num_outputs).

    Raises:
        ValueError: Shapes differ.
    """

    def elementwise(self, y_true: Any, y_pred: Any) -> Any:
        """(y - z)^2."""
        return ops.square(y_true - y_pred)
