"""Small models of many kinds, none of them symmetric."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers


def pooled(
    outputs: int = 2, *, length: int | None = None, codes: bool = False, **dense: Any
) -> keras.Model:
    """One-hot or codes -> (batch, outputs), named "head"."""
    inputs, x = _trunk(length, codes)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(outputs, name="head", bias_initializer="normal", **dense)(x)
    return keras.Model(inputs, x, name="pooled")


def profile(outputs: int = 2, *, bin_size: int = 1, codes: bool = False) -> keras.Model:
    """One-hot or codes -> (batch, bins, outputs), named "head"."""
    inputs, x = _trunk(None, codes)
    x = layers.AveragePooling1D(bin_size)(x)
    return keras.Model(inputs, layers.Dense(outputs, name="head")(x), name="profile")


def heads(*, as_dict: bool = False) -> keras.Model:
    """Three outputs: "plus" and "minus" (batch, 1), "profile" (batch, length, 2)."""
    inputs, x = _trunk(None, False)
    mean = layers.GlobalAveragePooling1D()(x)
    found = {
        "plus": layers.Dense(1, name="plus")(mean),
        "minus": layers.Dense(1, name="minus")(mean),
        "profile": layers.Dense(2, name="profile")(x),
    }
    return keras.Model(inputs, found if as_dict else list(found.values()), name="heads")


@keras.saving.register_keras_serializable(package="seqzoo_tests")
class Subclassed(keras.Model):
    """Does not know its input before it is called."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.conv = layers.Conv1D(4, 5, padding="same")
        self.head = layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.head(keras.ops.max(self.conv(x), axis=1))


def one_hot(batch: int, length: int, seed: int = 0) -> np.ndarray:
    codes = np.random.default_rng(seed).integers(0, 4, (batch, length))
    return np.eye(4, dtype="float32")[codes]


def _trunk(length: int | None, codes: bool) -> tuple[Any, Any]:
    if codes:
        inputs = layers.Input((length,), dtype="uint8", name="codes")
        x = layers.Embedding(5, 6, name="embedding")(inputs)
    else:
        x = inputs = layers.Input((length, 4), name="sequence")
    x = layers.Conv1D(8, 5, padding="same", activation="relu", name="conv")(x)
    return inputs, layers.BatchNormalization(name="norm")(x)
