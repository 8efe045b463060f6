"""What units depend on, measured: where the gradient of a unit is not zero."""

from __future__ import annotations

import keras
import numpy as np

from tests.zoo.layers.gradients import autodiff


def extents(model: keras.Model, *, channels: int = 2) -> np.ndarray:
    """The first and behind the last position with a gradient, for each output unit.

    Weights are made positive, so that nothing cancels.

    Args:
        model: (batch, length, channels) of a fixed length -> (batch, units, ...) or
            (batch, n), which is one unit; smooth activations.
        channels: Of its input.

    Returns:
        int (units, 2), zeros for a unit without a gradient.
    """
    generator = np.random.default_rng(0)
    model.set_weights(
        [generator.uniform(0.2, 0.5, weight.shape) for weight in model.weights]
    )
    shape = model.output_shape
    units = shape[1] if len(shape) > 2 else 1
    # One example for each unit: the batch holds all gradients.
    x = generator.uniform(0.5, 1.0, (1, model.input_shape[1], channels))
    weighting = np.zeros((units, *shape[1:]), "f4")
    for unit in range(units):
        weighting[(unit, unit) if len(shape) > 2 else unit] = 1.0
    x = np.repeat(x, units, axis=0).astype("f4")
    gradient, _ = autodiff(model, x, weighting)
    assert gradient is not None
    seen = np.abs(gradient).max(axis=-1) > 0
    ends = np.stack([seen.argmax(-1), seen.shape[1] - seen[:, ::-1].argmax(-1)], -1)
    return np.where(seen.any(axis=-1)[:, None], ends, 0)
