"""Layer normalisation that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.layers.strands import checked, strands_of_input


@keras.saving.register_keras_serializable(package="seqzoo")
class RCLayerNormalization(keras.layers.Layer):
    """Layer normalisation whose partners share scale and offset.

    Each position is normalised over its channels. Partners only swap there, so mean
    and variance are those of the other strand already; what has to be tied is

        y[i, c] = gamma[orbit of c] * (x[i, c] - mean[i]) / sqrt(variance[i] + epsilon)
                  + beta[orbit of c]

    Args:
        epsilon: Added to the variance.
        center: Whether to add beta.
        scale: Whether to multiply by gamma.
        pairing: The partner of each channel, see `zoo.layers.pairings`; None for the
            reversal.

    Input shape:
        (batch, length, channels) or (batch, channels), with that pairing.

    Output shape:
        As the input.

    Weights:
        gamma and beta, each with one value a pair (in the order of its smaller
        channel), then one a channel that has no partner.

    Raises:
        ValueError: The number of channels is odd without a pairing, or not that of
            the pairing.

    Source:
        Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450; tied as Brown
        and Lunter tie batch normalisation, doi:10.1093/bioinformatics/bty964. As in
        Keras, it is computed in float32 under mixed precision.
    """

    def __init__(
        self,
        *,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        pairing: Sequence[int] | None = None,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.pairing = checked(pairing)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates scale and offset, one value for two partners."""
        self._strands = strands_of_input(self, self.pairing, input_shape)
        add_tied_scale_and_offset(self, self._strands.orbits)

    def call(self, inputs: Any) -> Any:
        """Normalises each position over its channels."""
        gamma, beta = (
            None if values is None else self._strands.expand(values)
            for values in (self.gamma, self.beta)
        )
        return ops.layer_normalization(
            inputs, gamma, beta, axis=-1, epsilon=self.epsilon
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        return super().get_config() | {
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "pairing": self.pairing and list(self.pairing),
        }


def add_tied_scale_and_offset(layer: Any, orbits: int) -> None:
    """Gives a layer gamma and beta (orbits,), or None where it wants none."""
    for name, wanted, initializer in (
        ("gamma", layer.scale, "ones"),
        ("beta", layer.center, "zeros"),
    ):
        weight = (
            layer.add_weight(
                name=name, shape=(orbits,), initializer=initializer, autocast=False
            )
            if wanted
            else None
        )
        setattr(layer, name, weight)
