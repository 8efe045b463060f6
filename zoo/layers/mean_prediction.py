"""The mean of what several networks predict, or one network for both strands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_choice
from zoo.layers.configured import ConfiguredLayer, LayerOptions

ACTIVATIONS = ("sigmoid", "softmax")

_EPSILON = 1e-7  # a sigmoid nearer to 0 or 1 is moved here, as in Keras's losses
_SMALLEST = 1e-37  # a softmax below is moved here: its logarithm in float32 is finite


def mean_prediction(
    predictions: Sequence[keras.KerasTensor],
    *,
    average: str,
    activation: str,
    from_logits: bool = True,
    dtype: Any = None,
    name: str | None = None,
) -> keras.KerasTensor:
    """Averages predictions of one shape: logits to logits, else as they are.

    Args:
        predictions: (batch, ...) each.
        average: "logits" or "probabilities": what is averaged.
        activation: What leads from logits to probabilities, "sigmoid" or "softmax"
            over the last axis.
        from_logits: Whether the predictions are logits; else they are probabilities.
        dtype: Of the layer.
        name: Likewise.

    Returns:
        (batch, ...), logits or probabilities as the predictions.

    Raises:
        InputError: Another average or activation.
    """
    check_choice("average", average, ("logits", "probabilities"))
    check_choice("activation", activation, ACTIVATIONS)
    if from_logits == (average == "logits"):
        return keras.layers.Average(dtype=dtype, name=name)(predictions)
    layer = MeanPrediction(
        activation=activation, from_logits=from_logits, dtype=dtype, name=name
    )
    return layer(predictions)


@keras.saving.register_keras_serializable(package="seqzoo")
class MeanPrediction(ConfiguredLayer):
    """Logits of the mean probability, or probabilities of the mean logit.

    A layer and no bare operations, which Keras does not read back from `.h5`.

    Args:
        activation: "sigmoid", or "softmax" over the last axis.
        from_logits: Whether the inputs are logits, and so the output.

    Input shape:
        A list of (batch, ...), all alike.

    Output shape:
        As each input, in float32 at least.
    """

    def __init__(
        self,
        *,
        activation: str,
        from_logits: bool = True,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.activation = activation
        self.from_logits = from_logits

    def call(self, inputs: Sequence[Any]) -> Any:
        """The mean over the list."""
        z = ops.stack(inputs)
        z = ops.cast(z, keras.backend.result_type(z.dtype, "float32"))
        if self.from_logits:
            return _mean_of_sigmoids(z) if self._sigmoid else _mean_of_softmaxes(z)
        if self._sigmoid:
            p = ops.clip(z, _EPSILON, 1 - _EPSILON)
            return ops.sigmoid(ops.mean(ops.log(p) - ops.log1p(-p), axis=0))
        return ops.softmax(ops.mean(ops.log(ops.maximum(z, _SMALLEST)), axis=0))

    @property
    def _sigmoid(self) -> bool:
        return self.activation == "sigmoid"


def _mean_of_sigmoids(z: Any) -> Any:
    """ln(p / (1 - p)) of the mean p, stable for large logits; their number cancels."""
    yes = ops.logsumexp(ops.log_sigmoid(z), axis=0)
    return yes - ops.logsumexp(ops.log_sigmoid(-z), axis=0)


def _mean_of_softmaxes(z: Any) -> Any:
    """The logarithm of the mean softmax: logits whose softmax is that mean."""
    return ops.logsumexp(ops.log_softmax(z, axis=-1), axis=0) - math.log(z.shape[0])
