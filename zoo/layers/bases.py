"""What the encoding layers read: codes, one byte per base, or one-hot."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.layers.configured import ConfiguredLayer


class ReadsBases(ConfiguredLayer):
    """Base class of the encoding layers: it checks what they read.

    The dtype is checked while a model is put together already, not only when it
    runs. A subclass implements `encode` and `compute_output_shape`.
    """

    reads_one_hot = True

    def call(self, inputs: Any) -> Any:
        """Checks the input and encodes it."""
        self._check(inputs)
        return self.encode(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Checks the input; shape and dtype of the output are as Keras has them."""
        self._check(inputs)
        return super().compute_output_spec(inputs)

    def encode(self, inputs: Any) -> Any:
        """From codes or one-hot to the output of the layer."""
        raise NotImplementedError(f"{type(self).__name__} has no method `encode`.")

    def _check(self, inputs: Any) -> None:
        shape = tuple(inputs.shape)
        dtype = keras.backend.standardize_dtype(inputs.dtype)
        is_codes = len(shape) == 2 and keras.backend.is_int_dtype(dtype)
        if is_codes or (self.reads_one_hot and len(shape) == 3 and shape[2] == 4):
            return
        hint = ""
        if len(shape) == 2:
            hint = (
                " Other dtypes hold no codes, and cost more than one byte per base: a "
                'model\'s input is float32 without keras.Input(..., dtype="uint8").'
            )
        raise ValueError(
            f"{type(self).__name__} reads integer codes (batch, length), 0 to 4 for A, "
            "C, G, T and N"
            + (", or one-hot (batch, length, 4)" if self.reads_one_hot else "")
            + f".{hint} Received: inputs of shape {shape} and dtype {dtype}"
        )


def known_bases(inputs: Any) -> tuple[Any, Any]:
    """The bases of codes or one-hot as numbers, and which of them are known.

    Args:
        inputs: Integer codes (batch, length), or one-hot (batch, length, 4), read
            as hard one-hot (argmax).

    Returns:
        base: int32 (batch, length), always 0 to 3, also where it is not known.
        known: bool (batch, length); False for N, which is code 4 or all zeros, and
            for any integer that is no code.
    """
    if len(inputs.shape) == 3:
        base = ops.cast(ops.argmax(inputs, axis=-1), "int32")
        return base, ops.max(inputs, axis=-1) > 0
    codes = ops.cast(inputs, "int32")
    # Never out of a table's range: there, TensorFlow raises on a CPU and gives
    # zeros on a GPU, and JAX gives NaN.
    base = ops.bitwise_and(codes, 3)
    return base, ops.equal(base, codes)
