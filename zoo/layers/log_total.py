"""The logarithm of how many counts there are over all positions."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import ConfiguredLayer, LayerOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class LogTotal(ConfiguredLayer):
    """ln(pseudocount + the sum over positions), of each channel or of all.

    A layer and no bare operations, which Keras does not read back from `.h5`.

    Args:
        joined: Whether the channels are summed, too.
        pseudocount: What is added, above 0.

    Input shape:
        (batch, length, channels), counts of 0 or more.

    Output shape:
        (batch, channels), or (batch, 1) if joined.
    """

    def __init__(
        self,
        *,
        joined: bool = False,
        pseudocount: float = 1.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.joined = joined
        self.pseudocount = pseudocount

    def call(self, inputs: Any) -> Any:
        """Sums the length away."""
        total = ops.sum(inputs, axis=1)
        if self.joined:
            total = ops.sum(total, axis=-1, keepdims=True)
        # Of whole numbers, 1 + x is exact, and ONNX has no log1p.
        return ops.log(self.pseudocount + total)
