"""One of two tensors for each example, by a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="seqzoo")
class Choose(keras.layers.Layer):
    """The function `choose` as a layer, which Keras also reads back from `.h5`.

    Input shape:
        A list: the mask, bool (batch,), and two tensors of one shape (batch, ...).

    Output shape:
        As each of the two.
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        """The first tensor where the mask is True, else the second."""
        return choose(*inputs)


def choose(mask: Any, yes: Any, no: Any) -> Any:
    """`yes` for the examples where the mask (batch,) is True, `no` for the others."""
    return ops.where(ops.reshape(mask, (-1, *[1] * (len(no.shape) - 1))), yes, no)
