"""The channel order that all RC-equivariant layers share.

A map with 2n channels is "strand-paired" when channel 2n - 1 - c is the
reverse-complement partner of channel c. One-hot ACGT is one: A-T and C-G.
Then the reverse complement is the reversal of both axes at every depth.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def both_strands(half: Any, axes: tuple[int, ...]) -> Any:
    """Joins learned values of one strand with their partners' on the last axis.

    Args:
        half: Tensor whose last axis has n channels.
        axes: The axes along which the partner is the reversal; the last
            axis is one of them.

    Returns:
        Tensor whose last axis has 2n channels, strand-paired.
    """
    return ops.concatenate([half, ops.flip(half, axis=axes)], axis=-1)


def both_strands_shape(
    layer: keras.layers.Layer, input_shape: tuple[int | None, ...]
) -> int:
    """Checks that the input can be strand-paired and returns its channels.

    Raises:
        ValueError: The number of channels is odd or unknown.
    """
    channels = input_shape[-1]
    if channels is None or channels % 2:
        raise ValueError(
            f"{type(layer).__name__} needs an even, known number of input channels, "
            "the second half the reverse-complement partners of the first in reverse "
            "order (one-hot ACGT is such an input). "
            f"Received: input_shape={input_shape}"
        )
    return channels
