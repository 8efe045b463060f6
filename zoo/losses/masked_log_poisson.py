"""Poisson likelihood of counts, from log rates."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.losses.masked_loss import MaskedLoss

# exp(30) is 1e13, more than any count: beyond, the tangent keeps loss and gradient
# finite in float32.
_LARGEST_LOG_RATE = 30.0


@keras.saving.register_keras_serializable(package="seqzoo")
class MaskedLogPoisson(MaskedLoss):
    """Poisson negative log-likelihood of the rate exp(z), z the logits.

    For counts, or their density, of one region or of the bins of a profile:

        exp(z) - y z

    less the term ln(y!) that does not depend on z. The targets need not be whole
    numbers; NaN is a missing one. For z > 30, exp(z) is continued by its tangent.

    Args:
        reduction: As in `keras.losses.Loss`, over known targets.
        name: Of the loss; that of its class by default.
        dtype: In which it is computed; None for float32.

    Input shape:
        y_true: (batch, ..., num_outputs), 0 or more, or NaN.
        y_pred: (batch, ..., num_outputs) log rates.

    Raises:
        ValueError: Shapes differ.

    Source:
        The loss of Basenji, Kelley et al. 2018, doi:10.1101/gr.227819.117, there
        from rates.
    """

    def elementwise(self, y_true: Any, y_pred: Any) -> Any:
        """exp(z) - y z."""
        large = y_pred > _LARGEST_LOG_RATE
        rate = ops.exp(ops.where(large, _LARGEST_LOG_RATE, y_pred))
        rate = rate * ops.where(large, y_pred - _LARGEST_LOG_RATE + 1.0, 1.0)
        return rate - y_true * y_pred
