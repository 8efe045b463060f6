"""Sequences for tests of augmentation, and exact bounds on counts."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

#: Two-sided error of a statistical test. Seeds are fixed: it is that of writing it.
ALPHA = 1e-6


def random_codes(
    batch: int, length: int, *, unknown: bool = False, seed: int = 0
) -> np.ndarray:
    return np.random.default_rng(seed).integers(
        0, 5 if unknown else 4, (batch, length), dtype=np.uint8
    )


def one_hot_of(codes: np.ndarray) -> np.ndarray:
    return np.eye(5, dtype="float32")[codes][..., :4]


def codes_of(one_hot: np.ndarray) -> np.ndarray:
    known = one_hot.max(axis=2) > 0
    return np.where(known, one_hot.argmax(axis=2), 4).astype(np.uint8)


def train(layer: keras.layers.Layer, inputs: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(inputs, training=True))


def log_choose(n: int, k: np.ndarray) -> np.ndarray:
    def log_factorial(values: np.ndarray) -> np.ndarray:
        return np.array([math.lgamma(v + 1) for v in np.atleast_1d(values)])

    return log_factorial(np.array(n)) - log_factorial(k) - log_factorial(n - k)


def is_binomial(count: int, n: int, probability: float) -> bool:
    """Whether a count lies inside the exact central interval of 1 - ALPHA."""
    k = np.arange(n + 1)
    log_mass = (
        log_choose(n, k)
        + k * math.log(probability)
        + (n - k) * math.log1p(-probability)
    )
    mass = np.exp(log_mass)
    below, above = mass[: count + 1].sum(), mass[count:].sum()
    return bool(min(below, above) > ALPHA / 2)
