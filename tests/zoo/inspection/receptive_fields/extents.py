"""What units depend on, measured: where the gradient of a unit is not zero."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from tests.zoo.layers.gradients import autodiff


def make_positive(model: keras.Model) -> None:
    """Sets weights above 0, such that values neither vanish nor saturate."""
    generator = np.random.default_rng(0)
    model.set_weights(
        [
            generator.uniform(0.5, 1.0, weight.shape)
            / max(1, np.prod(weight.shape[:-1]) / 2)
            for weight in model.weights
        ]
    )


def extents(model: keras.Model, *, channels: int = 2) -> np.ndarray:
    """The first and behind the last position with a gradient, for each output unit.

    Weights are made positive, so that nothing cancels.

    Args:
        model: (batch, length, channels) of a fixed length -> (batch, units, ...) or
            (batch, n), which is one unit; smooth activations.
        channels: Of its input; 4 is one-hot.

    Returns:
        int (units, 2), zeros for a unit without a gradient.
    """
    generator = np.random.default_rng(0)
    make_positive(model)
    shape = model.output_shape
    units = shape[1] if len(shape) > 2 else 1
    # One example for each unit: the batch holds all gradients.
    x = generator.uniform(0.5, 1.0, (1, model.input_shape[1], channels))
    if channels == 4:
        x = np.eye(4)[generator.integers(0, 4, (1, model.input_shape[1]))]
    weighting = np.zeros((units, *shape[1:]), "f4")
    for unit in range(units):
        weighting[(unit, unit) if len(shape) > 2 else unit] = 1.0
    x = np.repeat(x, units, axis=0).astype("f4")
    gradient, _ = autodiff(model, x, weighting)
    assert gradient is not None
    seen = np.abs(gradient).max(axis=-1) > 0
    ends = np.stack([seen.argmax(-1), seen.shape[1] - seen[:, ::-1].argmax(-1)], -1)
    return np.where(seen.any(axis=-1)[:, None], ends, 0)


def extents_of_changes(
    call: Callable[[np.ndarray], np.ndarray], x: np.ndarray, changed: np.ndarray
) -> np.ndarray:
    """The same by changing one position at a time, for what has no gradient.

    Args:
        call: From inputs (n, length, ...) to (n, units, ...) or (n, channels).
        x: (examples, length, ...); a unit depends on a position if any example's
            changes.
        changed: Like x, with another value everywhere.
    """
    examples, length = x.shape[:2]
    many = np.repeat(x[None], length, axis=0)
    for position in range(length):
        many[position, :, position] = changed[:, position]
    after = call(many.reshape(length * examples, *x.shape[1:])).astype("f8")
    before = call(x).astype("f8")
    difference = np.abs(after.reshape(length, *before.shape) - before)
    if before.ndim == 2:
        difference = difference[:, :, None]
    different = difference.reshape(*difference.shape[:3], -1).max(axis=(1, 3)) > 1e-6
    seen = different.T  # (units, length)
    ends = np.stack([seen.argmax(-1), length - seen[:, ::-1].argmax(-1)], -1)
    return np.where(seen.any(axis=-1)[:, None], ends, 0)
