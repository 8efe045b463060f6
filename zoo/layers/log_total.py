"""The logarithm of how many counts there are over all positions."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="seqzoo")
class LogTotal(keras.layers.Layer):
    """ln(1 + the sum over positions), of each channel.

    A layer and no bare operations, which Keras does not read back from `.h5`.

    Input shape:
        (batch, length, channels), counts of 0 or more.

    Output shape:
        (batch, channels).
    """

    def call(self, inputs: Any) -> Any:
        """Sums the length away."""
        # Of whole numbers, 1 + x is exact, and ONNX has no log1p.
        return ops.log(1 + ops.sum(inputs, axis=1))
