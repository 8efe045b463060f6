"""The contract that every public layer keeps, and one case a layer.

`test_contract.py` runs it over all of `zoo.layers.__all__`: a layer without a
case here fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from zoo import layers


@dataclass(frozen=True)
class Case:
    """How to make a layer and what it reads and returns.

    Attributes:
        make: Makes the layer; it takes a name.
        channels: Of the input; 4 is one-hot.
        output_shape: From (batch, length).
        equivariant: Whether RC(layer(x)) = layer(RC(x)).
    """

    make: Callable[..., keras.layers.Layer]
    channels: int
    output_shape: Callable[[int, int], tuple[int, ...]]
    equivariant: bool

    def inputs(self, batch: int, length: int, seed: int = 0) -> np.ndarray:
        """Random one-hot (with an N) or normal values, float32."""
        generator = np.random.default_rng(seed)
        if self.channels == 4:
            codes = generator.integers(0, 5, (batch, length))
            return np.eye(5, dtype="float32")[codes][..., :4]
        return generator.normal(size=(batch, length, self.channels)).astype("float32")


def conv(**arguments: Any) -> Callable[..., keras.layers.Layer]:
    return lambda name: layers.RCConv1D(
        6, bias_initializer="normal", name=name, **arguments
    )


CASES = {
    "RCConv1D": [
        Case(conv(kernel_size=5), 4, lambda b, n: (b, n - 4, 6), True),
        Case(
            conv(kernel_size=3, dilation_rate=2, padding="same"),
            8,
            lambda b, n: (b, n, 6),
            True,
        ),
        Case(
            conv(kernel_size=4, use_bias=False, dilation_rate=3),
            2,
            lambda b, n: (b, n - 9, 6),
            True,
        ),
    ],
    "RCBatchNormalization": [
        Case(
            lambda name: layers.RCBatchNormalization(name=name),
            6,
            lambda b, n: (b, n, 6),
            True,
        )
    ],
    "StrandPooling": [
        Case(
            lambda name, pooling=pooling: layers.StrandPooling(pooling, name=name),
            8,
            lambda b, n: (b, n, 4),
            False,
        )
        for pooling in ("average", "max")
    ],
    "KmerEmbedding": [
        Case(
            lambda name: layers.KmerEmbedding(3, 5, name=name),
            4,
            lambda b, n: (b, n - 2, 5),
            False,
        )
    ],
    "KmerOneHot": [
        Case(
            lambda name: layers.KmerOneHot(2, name=name),
            4,
            lambda b, n: (b, n - 1, 16),
            # The reverse complement of a k-mer complements its bases and reverses
            # them; reversing the channels only complements.
            False,
        )
    ],
}
