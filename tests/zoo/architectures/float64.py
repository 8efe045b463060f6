"""The layers of the published networks written out in float64 NumPy.

They stand beside Keras and its backends: a network rebuilt of them from a paper's
table, with the weights of ours, must give our outputs.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np

from zoo.models.weights import addresses

Array = np.ndarray
Weights = dict[str, Array]


def one_hot(batch: int, length: int, seed: int = 0) -> Array:
    """Random sequences, float32, one base in five an N."""
    codes = np.random.default_rng(seed).integers(0, 5, (batch, length))
    return np.eye(5, dtype="f4")[codes][..., :4]


def randomise(model: keras.Model, seed: int = 0) -> Weights:
    """Gives each weight random values, and returns them in float64, by address.

    Variances of normalisations are small enough for their epsilon to matter.
    """
    generator = np.random.default_rng(seed)
    weights = {}
    for address, variable in addresses(model).items():
        shape, name = tuple(variable.shape), address.rpartition("/")[2]
        if name == "moving_variance":
            values = generator.uniform(0.01, 0.5, shape)
        elif name == "gamma":
            values = generator.uniform(0.05, 0.3, shape)
        elif name.endswith("kernel"):
            values = generator.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
        else:
            values = generator.normal(size=shape) * 0.3
        variable.assign(values.astype("f4"))
        weights[address] = values.astype("f4").astype("f8")
    return weights


def original(name: str) -> dict[str, Array]:
    """Weights of PyTorch by name, "codes" and "outputs": `tools/foreign_sources.py`."""
    folder = Path(__file__).parents[2] / "fixtures" / "foreign"
    with np.load(folder / f"{name}.npz") as file:
        return dict(file)


def call(model: keras.Model, x: Any) -> Any:
    """The model's outputs as NumPy arrays."""
    outputs = model(x, training=False)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


def trainable_parameters(model: keras.Model) -> int:
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def conv(
    x: Array, w: Weights, name: str, padding: str = "valid", dilation: int = 1
) -> Array:
    """out[b, i, f] = sum over k, c of x[b, i + k d, c] W[k, c, f], plus the bias."""
    kernel = w[f"{name}/kernel"]
    reach = (len(kernel) - 1) * dilation
    if padding == "same":
        x = np.pad(x, ((0, 0), (reach // 2, reach - reach // 2), (0, 0)))
    length = x.shape[1] - reach
    out = sum(
        x[:, k * dilation : k * dilation + length] @ kernel[k]
        for k in range(len(kernel))
    )
    return out + w.get(f"{name}/bias", 0.0)


def depthwise_conv(x: Array, w: Weights, name: str) -> Array:
    """Each channel with its own odd kernel (width, channels, 1), "same" padding."""
    kernel = w[f"{name}/kernel"]
    half, length = len(kernel) // 2, x.shape[1]
    x = np.pad(x, ((0, 0), (half, half), (0, 0)))
    return sum(x[:, k : k + length] * kernel[k, :, 0] for k in range(len(kernel)))


def transposed_conv(x: Array, kernel: Array, bias: Array) -> Array:
    """Stride 1, odd kernel: each position adds its kernel to those around it."""
    batch, length, _ = x.shape
    out = np.zeros((batch, length + len(kernel) - 1, kernel.shape[-1]))
    for k, row in enumerate(kernel):
        out[:, k : k + length] += x @ row
    half = len(kernel) // 2
    return out[:, half : half + length] + bias


def dense(x: Array, w: Weights, name: str) -> Array:
    return x @ w[f"{name}/kernel"] + w[f"{name}/bias"]


def norm(x: Array, w: Weights, name: str, epsilon: float = 1e-3) -> Array:
    """Batch normalisation with moving statistics."""
    scale = w[f"{name}/gamma"] / np.sqrt(w[f"{name}/moving_variance"] + epsilon)
    return (x - w[f"{name}/moving_mean"]) * scale + w[f"{name}/beta"]


def max_pool(x: Array, width: int) -> Array:
    """Whole windows only."""
    batch, length, channels = x.shape
    windows = x[:, : length // width * width]
    return windows.reshape(batch, length // width, width, channels).max(axis=2)


def relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def gelu(x: Array) -> Array:
    """x times the probability that a standard normal number is smaller."""
    return x * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0))) / 2.0


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def silu(x: Array) -> Array:
    return x * sigmoid(x)


def flatten(x: Array) -> Array:
    return x.reshape(len(x), -1)


def lstm(x: Array, w: Weights, name: str) -> Array:
    """Hochreiter and Schmidhuber's cell with forget gate, all states returned."""
    kernel, recurrent = w[f"{name}/kernel"], w[f"{name}/recurrent_kernel"]
    state = cell = np.zeros((len(x), len(recurrent)))
    states = []
    for step in range(x.shape[1]):
        gates = x[:, step] @ kernel + state @ recurrent + w[f"{name}/bias"]
        entry, forget, candidate, exit_gate = np.split(gates, 4, axis=-1)
        cell = sigmoid(forget) * cell + sigmoid(entry) * np.tanh(candidate)
        state = sigmoid(exit_gate) * np.tanh(cell)
        states.append(state)
    return np.stack(states, axis=1)
