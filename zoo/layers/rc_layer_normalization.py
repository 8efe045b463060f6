"""Layer normalization that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import LayerOptions
from zoo.layers.strands import PairedLayer


@keras.saving.register_keras_serializable(package="seqzoo")
class RCLayerNormalization(PairedLayer, keras.layers.LayerNormalization):
    """Layer normalization whose partners share scale and offset.

    Each position is normalized over its channels. Partners only swap there, so mean
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
        gamma and beta, each with one value per pair (in the order of its smaller
        channel), then one per channel that has no partner.

    Raises:
        ValueError: The number of channels is odd without a pairing, or not that of
            the pairing.

    Source:
        Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450; tied as Brown
        and Lunter tie batch normalization, doi:10.1093/bioinformatics/bty964. As in
        Keras, it is computed in float32 under mixed precision.
    """

    def __init__(
        self,
        *,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        pairing: Sequence[int] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            epsilon=epsilon, center=center, scale=scale, pairing=pairing, **options
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates scale and offset, one value for two partners."""
        keras.layers.LayerNormalization.build(self, self.with_orbits(input_shape))

    def call(self, inputs: Any) -> Any:
        """Normalizes each position over its channels."""
        gamma, beta = (
            None if values is None else self._strands.expand(values)
            for values in (self.gamma, self.beta)
        )
        outputs = ops.layer_normalization(
            inputs, gamma, beta, axis=-1, epsilon=self.epsilon
        )
        return ops.cast(outputs, self.compute_dtype)
