"""What the layers share that read and return sequences."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import ConfiguredLayer, LayerOptions


class SequenceLayer(ConfiguredLayer):
    """A layer from one-hot to one-hot, and from codes to codes.

    Input shape:
        (batch, length, 4), one-hot in the order A C G T, N being zeros; or (batch,
        length), codes A C G T N = 0 1 2 3 4.

    Output shape:
        As the input. One-hot is of the layer's compute dtype, codes keep theirs.
    """

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        # One-hot is cast below: Keras would also cast codes and targets that come as
        # floats, and half precision loses digits of targets.
        super().__init__(**options, autocast=False)

    def check(self, x: Any) -> Any:
        """The sequences, one-hot in the compute dtype.

        Raises:
            ValueError: They are neither one-hot nor codes.
        """
        shape = tuple(x.shape)
        if len(shape) == 2:
            return x
        if len(shape) != 3 or shape[2] != 4:
            raise ValueError(
                f"{type(self).__name__} needs one-hot (batch, length, 4), channels A C "
                "G T last, or codes (batch, length), A C G T N = 0 1 2 3 4. "
                f"Received: shape={shape}"
            )
        return ops.cast(x, self.compute_dtype)

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As the input: codes keep their dtype."""
        x = self.check(inputs)
        return keras.KerasTensor(x.shape, dtype=x.dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape
