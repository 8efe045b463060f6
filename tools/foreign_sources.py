"""Small networks by the software of others, whose files the recipes' tests convert.

Runs in an environment of its own, in which that software is, and not seqzoo; writes
the file that the software writes, and its predictions beside it:

    TF_USE_LEGACY_KERAS=1 python tools/foreign_sources.py NAME tests/fixtures/foreign

| name        | needs                                                               |
|-------------|---------------------------------------------------------------------|
| deepstarr   | tf-keras 2.21                                                       |

Weights are random and statistics of batch normalization far from 0 and 1, filters few.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20260101


def randomize(model: Any) -> None:
    """Weights as large as keep the activations' size; positive variances."""
    generator = np.random.default_rng(SEED)
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.name
        if "kernel" in name or len(shape) > 1:
            value = generator.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape)
        elif "variance" in name or "gamma" in name:
            value = generator.uniform(0.5, 2, shape)
        else:
            value = generator.normal(0, 0.3, shape)
        weight.assign(value.astype("f4"))


def sequences(length: int, number: int = 3) -> np.ndarray:
    """Codes (number, length), A C G T = 0 1 2 3."""
    return np.random.default_rng(SEED).integers(0, 4, (number, length), "uint8")


def one_hot(codes: np.ndarray) -> np.ndarray:
    return np.eye(4, dtype="f4")[codes]


def deepstarr(folder: Path) -> None:
    """As the notebook published with the paper builds and saves it."""
    import tensorflow.keras as keras

    kl = keras.layers
    inputs = x = kl.Input(shape=(249, 4))
    for number, (filters, width) in enumerate([(6, 7), (4, 3), (4, 5), (5, 3)]):
        name = f"Conv1D_{number + 1}" if number else "Conv1D_1st"
        x = kl.Conv1D(filters, kernel_size=width, padding="same", name=name)(x)
        x = kl.BatchNormalization()(x)
        x = kl.Activation("relu")(x)
        x = kl.MaxPooling1D(2)(x)
    x = kl.Flatten()(x)
    for number in range(2):
        x = kl.Dense(7, name=f"Dense_{number + 1}")(x)
        x = kl.BatchNormalization()(x)
        x = kl.Activation("relu")(x)
        x = kl.Dropout(0.4)(x)
    heads = [
        kl.Dense(1, activation="linear", name=f"Dense_{t}")(x) for t in ("Dev", "Hk")
    ]
    model = keras.models.Model([inputs], heads)
    randomize(model)
    (folder / "deepstarr.json").write_text(model.to_json())
    model.save_weights(folder / "deepstarr.h5")
    codes = sequences(249)
    found = model.predict(one_hot(codes), verbose=0)
    np.savez(folder / "deepstarr.npz", codes=codes, logits=np.concatenate(found, -1))


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    globals()[sys.argv[1]](target)
