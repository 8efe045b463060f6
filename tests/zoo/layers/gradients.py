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
    if x.dtype.kind == "f":
        x = x.astype("float64")
    shape = keras.ops.convert_to_numpy(model(x)).shape
    weighting = generator.normal(size=shape)
    variables = model.trainable_variables
    input_gradient, gradients = autodiff(model, x, weighting)

    def value(x: np.ndarray) -> float:
        return float((keras.ops.convert_to_numpy(model(x)) * weighting).sum())

    if with_input:
        direction = generator.normal(size=x.shape)
        measured = (value(x + STEP * direction) - value(x - STEP * direction)) / (
            2 * STEP
        )
        assert input_gradient is not None
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
) -> tuple[np.ndarray | None, list[np.ndarray]]:
    """Gradients of sum(weighting * model(x)), in inference mode.

    Returns:
        That of the input, None for codes, and those of the trainable variables.
    """
    functions = {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}
    return functions[keras.backend.backend()](model, x, weighting)


def _tensorflow(model: keras.Model, x: np.ndarray, weighting: np.ndarray) -> Any:
    import tensorflow as tf

    values = [v.value for v in model.trainable_variables]
    tensor = tf.constant(x)
    targets = [tensor, *values] if x.dtype.kind == "f" else values
    with tf.GradientTape() as tape:
        tape.watch(targets)
        output = model(tensor, training=False)
        total = tf.reduce_sum(output * tf.cast(weighting, output.dtype))
    gradients = tape.gradient(total, targets, unconnected_gradients="zero")
    found = [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]
    return (found[0], found[1:]) if x.dtype.kind == "f" else (None, found)


def _torch(model: keras.Model, x: np.ndarray, weighting: np.ndarray) -> Any:
    import torch

    tensor = torch.tensor(x)
    tensor.requires_grad_(x.dtype.kind == "f")
    values = [v.value for v in model.trainable_variables]
    output = model(tensor, training=False)
    targets = [tensor, *values] if tensor.requires_grad else values
    total = (output * torch.tensor(weighting).to(output.dtype)).sum()
    received = (
        torch.autograd.grad(total, targets, allow_unused=True)
        if total.requires_grad
        else [None] * len(targets)
    )
    found = [
        np.zeros(tuple(target.shape)) if gradient is None else gradient.numpy()
        for target, gradient in zip(targets, received, strict=True)
    ]
    return (found[0], found[1:]) if tensor.requires_grad else (None, found)


def _jax(model: keras.Model, x: np.ndarray, weighting: np.ndarray) -> Any:
    import jax

    frozen = [v.value for v in model.non_trainable_variables]

    def total(values: list[Any], x: Any) -> Any:
        output, _ = model.stateless_call(values, frozen, x, training=False)
        return (output * weighting.astype(output.dtype)).sum()

    values = [v.value for v in model.trainable_variables]
    if x.dtype.kind != "f":
        return None, [np.asarray(g) for g in jax.grad(total)(values, x)]
    of_weights, of_input = jax.grad(total, argnums=(0, 1))(values, x)
    return np.asarray(of_input), [np.asarray(g) for g in of_weights]
