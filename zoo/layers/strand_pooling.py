"""From reverse-complement equivariance to invariance."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.layers.strands import both_strands_shape


@keras.saving.register_keras_serializable(package="seqzoo")
class StrandPooling(keras.layers.Layer):
    """Pools each channel with its reverse-complement partner.

    After pooling over the length, the reverse complement only swaps partners;
    their mean or maximum does not change, so everything built on the result is
    reverse-complement invariant.

    Args:
        pooling: "average" or "max".

    Input shape:
        (..., channels), strand-paired (see `zoo.layers.strands`).

    Output shape:
        (..., channels / 2).

    Raises:
        ValueError: Another pooling, or an odd number of channels.

    Source:
        Zhou, Shrikumar and Kundaje, "Towards a better understanding of
        reverse-complement equivariance for deep learning models in genomics",
        PMLR 165 (2022).
    """

    def __init__(
        self,
        pooling: str = "average",
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        if pooling not in ("average", "max"):
            raise ValueError(
                f'pooling must be "average" or "max". Received: pooling={pooling!r}'
            )
        self.pooling = pooling

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Checks the channels; there are no weights."""
        both_strands_shape(self, input_shape)

    def call(self, inputs: Any) -> Any:
        """Pools the first half of the channels with the reversed second half."""
        half = inputs.shape[-1] // 2
        forward, partner = inputs[..., :half], ops.flip(inputs[..., half:], axis=-1)
        if self.pooling == "max":
            return ops.maximum(forward, partner)
        return (forward + partner) / 2

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(..., channels / 2)."""
        *rest, channels = input_shape
        return (*rest, None if channels is None else channels // 2)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        return super().get_config() | {"pooling": self.pooling}
