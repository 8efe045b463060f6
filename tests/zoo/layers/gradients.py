"""Slopes of a model along random directions: by autodiff and by differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

STEP = 1e-6


def along_random_directions(
    model: keras.Model, x: np.ndarray, *, with_input: bool, seed: int = 0
) -> Iterator[tuple[str, float, float]]:
    """Yields (of what, slope by autodiff, slope by central differences).

    The function is a random weighting of all outputs. The model is float64.
    """
    generator = np.random.default_rng(seed)
    shape = keras.ops.convert_to_numpy(model(x)).shape
    weighting = generator.normal(size=shape)
    variables = model.trainable_variables
    input_gradient, gradients = autodiff(model, x, weighting)

    def value(x: np.ndarray) -> float:
        # With its dtype, as some backends take float64 arrays for float32.
        tensor = keras.ops.convert_to_tensor(x, dtype=x.dtype.name)
        return float((keras.ops.convert_to_numpy(model(tensor)) * weighting).sum())

    if with_input:
        x = x.astype("float64")
        direction = generator.normal(size=x.shape)
        measured = (value(x + STEP * direction) - value(x - STEP * direction)) / (
            2 * STEP
        )
        yield "input", float((input_gradient * direction).sum()), measured
    for variable, gradient in zip(variables, gradients, strict=True):
        start = keras.ops.convert_to_numpy(variable).copy()
        direction = generator.normal(size=start.shape)
        variable.assign(start + STEP * direction)
        above = value(x)
        variable.assign(start - STEP * direction)
        below = value(x)
        variable.assign(start)
        measured = (above - below) / (2 * STEP)
        yield variable.path, float((gradient * direction).sum()), measured


def autodiff(
    model: keras.Model, x: np.ndarray, weighting: np.ndarray
) -> tuple[Any, list[np.ndarray]]:
    """Gradients of sum(weighting * model(x)); None for inputs that are codes."""
    if keras.backend.backend() == "tensorflow":
        return _tensorflow(model, x, weighting)
    return _torch(model, x, weighting)


def _tensorflow(model: keras.Model, x: np.ndarray, weighting: np.ndarray) -> Any:
    import tensorflow as tf

    values = [v.value for v in model.trainable_variables]
    float_input = np.issubdtype(x.dtype, np.floating)
    tensor = tf.constant(x.astype("float64") if float_input else x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        total = tf.reduce_sum(model(tensor) * weighting)
    of_input, of_weights = tape.gradient(
        total, (tensor, values), unconnected_gradients="zero"
    )
    return (
        of_input.numpy() if float_input else None,
        [tf.convert_to_tensor(g).numpy() for g in of_weights],
    )


def _torch(model: keras.Model, x: np.ndarray, weighting: np.ndarray) -> Any:
    import torch

    float_input = np.issubdtype(x.dtype, np.floating)
    tensor = torch.tensor(x.astype("float64") if float_input else x)
    tensor.requires_grad_(float_input)
    total = (model(tensor) * torch.tensor(weighting)).sum()
    values = [v.value for v in model.trainable_variables]
    targets = [tensor, *values] if float_input else values
    if not total.requires_grad:
        return np.zeros(x.shape), [np.zeros(v.shape) for v in values]
    found = [
        np.zeros(tuple(t.shape)) if g is None else g.detach().numpy()
        for t, g in zip(
            targets,
            torch.autograd.grad(total, targets, allow_unused=True),
            strict=True,
        )
    ]
    return (found[0] if float_input else None), found[float_input:]
