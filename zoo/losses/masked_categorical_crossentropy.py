"""Cross-entropy of classes that exclude one another, with missing labels."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.losses.masked_loss import MaskedLoss


@keras.saving.register_keras_serializable(package="seqzoo")
class MaskedCategoricalCrossentropy(MaskedLoss):
    """Cross-entropy of the softmax of logits that passes over missing labels.

    With z the logits, y the class as one-hot and M = max(z):

        ln(sum_c exp(z_c - M)) + sum_c y_c (M - z_c)

    Args:
        reduction: As in `keras.losses.Loss`, over known labels.
        name: Of the loss; that of its class by default.
        dtype: In which it is computed; None for float32.

    Input shape:
        y_true: Class numbers (batch, ...) or (batch, ..., 1), from 0, where -1 or NaN
            is a missing label; or one-hot or probabilities (batch, ..., num_classes),
            where a NaN makes the label missing. A number that is no class makes the
            loss NaN.
        y_pred: (batch, ..., num_classes) logits, at least two classes.

    Raises:
        ValueError: Shapes do not belong together, or there is one class.
    """

    def align(self, y_true: Any, y_pred: Any) -> Any:
        """Class numbers become one-hot; a missing label a row of NaN."""
        classes = y_pred.shape[-1]
        if classes is None or classes < 2:
            raise ValueError(
                f"{self.name} needs logits of two or more classes; for one logit take "
                "MaskedBinaryCrossentropy. Received: "
                f"y_pred.shape={tuple(y_pred.shape)}"
            )
        if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
            y_true = ops.squeeze(y_true, -1)
        if len(y_true.shape) == len(y_pred.shape) - 1:
            y_true = _one_hot(y_true, classes)
        return super().align(y_true, y_pred)

    def known(self, y_true: Any, y_pred: Any) -> Any:
        """Examples, or positions, whose label is known: (batch, ...)."""
        return ops.logical_not(ops.any(ops.isnan(y_true), axis=-1))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The cross-entropy of each label: (batch, ...)."""
        known = self.known(y_true, y_pred)[..., None]
        y_true = ops.where(known, y_true, 0.0)
        y_pred = ops.where(known, y_pred, 0.0)
        below = ops.stop_gradient(ops.max(y_pred, axis=-1, keepdims=True)) - y_pred
        # Two terms of one sign, so that no digits cancel, however large the logits.
        normalizer = ops.log(ops.sum(ops.exp(-below), axis=-1))
        return normalizer * ops.sum(y_true, axis=-1) + ops.sum(y_true * below, axis=-1)


def _one_hot(labels: Any, classes: int) -> Any:
    """(...) class numbers -> (..., classes); NaN where missing, infinite if invalid."""
    missing = ops.logical_or(ops.isnan(labels), ops.equal(labels, -1.0))
    numbers = ops.arange(classes, dtype=labels.dtype)
    rows = ops.cast(ops.equal(labels[..., None], numbers), labels.dtype)
    valid = ops.any(ops.equal(labels[..., None], numbers), axis=-1)
    rows = ops.where(valid[..., None], rows, float("inf"))
    return ops.where(missing[..., None], float("nan"), rows)
