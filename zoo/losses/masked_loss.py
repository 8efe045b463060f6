"""What all losses share: missing targets, sample weights, the reduction."""

from __future__ import annotations

import re
from typing import Any

import keras
from keras import ops

from zoo.keras_objects import arguments


class MaskedLoss(keras.losses.Loss):
    """A loss in which NaN is a missing target; each known one counts the same.

    A mean of examples' means would weigh the targets of examples with many missing
    ones more. With l the losses, m = 1 where they are known and w the weights:

        "sum_over_batch_size", "mean":  sum(m w l) / sum(m)
        "mean_with_sample_weight":      sum(m w l) / sum(m w)
        "sum":                          sum(m w l)
        None, "none":                   m w l, of the shape of l

    A batch without a known target has loss 0. In `tf.distribute` each replica takes
    the mean over its own known targets, and Keras the mean of the replicas.

    Args:
        reduction: As above.
        name: Of the loss; that of its class by default, in small letters.
        dtype: In which it is computed; None for float32, also of half-precision
            logits.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        words = re.findall("[A-Z][a-z]*", type(self).__name__)
        name = name or "_".join(words).lower()
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss.

        Args:
            y_true: Targets, see the class.
            y_pred: Logits, see the class.
            sample_weight: One weight per example, (batch,), or of any shape that
                broadcasts to that of the losses after axes are added behind it.

        Raises:
            ValueError: Shapes do not belong together.
        """
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_true = self.align(y_true, y_pred)
        weights = ops.cast(self.known(y_true, y_pred), self.dtype)
        if self.reduction in ("sum_over_batch_size", "mean"):
            # Keras divides by all targets; this makes it the known ones.
            count = ops.cast(ops.prod(ops.shape(weights)), self.dtype)
            scale = ops.divide_no_nan(count, ops.sum(weights))
        else:
            scale = 1.0
        if sample_weight is not None:
            weights = weights * _expand(
                ops.convert_to_tensor(sample_weight, dtype=self.dtype), weights
            )
        return super().__call__(y_true, y_pred, weights * scale)

    def align(self, y_true: Any, y_pred: Any) -> Any:
        """The targets in the shape that `known` and `call` read.

        Raises:
            ValueError: They do not belong to the predictions.
        """
        if len(y_true.shape) == len(y_pred.shape) - 1 and y_pred.shape[-1] == 1:
            y_true = ops.expand_dims(y_true, -1)
        if not _compatible(y_true.shape, y_pred.shape):
            raise ValueError(
                f"{self.name}: y_true and y_pred must have one shape. Received: "
                f"y_true.shape={tuple(y_true.shape)}, "
                f"y_pred.shape={tuple(y_pred.shape)}"
            )
        return y_true

    def known(self, y_true: Any, y_pred: Any) -> Any:
        """Which losses count: booleans of the shape that `call` returns."""
        return ops.logical_not(ops.isnan(y_true))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each target; any finite number where it is missing."""
        known = self.known(y_true, y_pred)
        # Both are replaced before the loss: NaN and infinity would pass through a
        # mask behind it, as 0 * NaN is NaN, in the gradient too.
        return self.elementwise(
            ops.where(known, y_true, 0.0), ops.where(known, y_pred, 0.0)
        )

    def elementwise(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each target, of the shape of both."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments of the loss."""
        return arguments(self)


def _compatible(
    first: tuple[int | None, ...], second: tuple[int | None, ...], ones: bool = False
) -> bool:
    """Whether two static shapes may be equal; if `ones`, or broadcast to the second."""
    return len(first) == len(second) and all(
        a is None or b is None or a == b or (ones and a == 1)
        for a, b in zip(first, second, strict=True)
    )


def _expand(weight: Any, losses: Any) -> Any:
    """Adds axes of size 1 behind the weights, up to the rank of the losses."""
    received = tuple(weight.shape)
    while len(weight.shape) > len(losses.shape) and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, -1)
    while len(weight.shape) < len(losses.shape):
        weight = ops.expand_dims(weight, -1)
    if not _compatible(weight.shape, losses.shape, ones=True):
        raise ValueError(
            "sample_weight must have the shape (batch,) or that of the losses, "
            f"{tuple(losses.shape)}. Received: sample_weight.shape={received}"
        )
    return weight
