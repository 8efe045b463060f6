"""The other strand of a sequence, in the graph."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.layers.sequences import SequenceLayer
from zoo.layers.strands import reversed_along


@keras.saving.register_keras_serializable(package="seqzoo")
class ReverseComplement(SequenceLayer):
    """The other strand, 5' to 3', of one-hot or of codes.

    One-hot is reversed along positions and channels, as the complement of channel c
    of A C G T is channel 3 - c:

        RC(x)[i, c] = x[length - 1 - i, 3 - c]

    Codes c are reversed and become 3 - c; N (4) stays N.

    Input shape:
        (batch, length, 4), one-hot in the order A C G T, N being zeros; or (batch,
        length), codes A C G T N = 0 1 2 3 4 of any dtype.

    Output shape:
        As the input, and of its dtype.

    Raises:
        ValueError: The input is neither.
    """

    def call(self, inputs: Any) -> Any:
        """Reverses and complements."""
        return reverse_complement(self.check(inputs))


def reverse_complement(x: Any) -> Any:
    """The other strand of a tensor of one-hot or of codes (see the layer)."""
    if len(x.shape) == 3:
        return reversed_along(x, 1, 2)
    x = ops.flip(x, axis=1)
    return ops.where(x < 4, ops.cast(3 - ops.cast(x, "int32"), x.dtype), x)
