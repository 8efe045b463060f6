"""How many multiply-adds a call of a layer takes for one example, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import keras
from keras import layers

from zoo.inspection.graph import Call

Rule = Callable[[Any, Call], int]


def multiply_adds(call: Call) -> int | None:
    """Multiply-adds of one call for one example.

    Counted are the products with weights, and of attention scores with values:
    convolutions, dense and recurrent layers, attention. Not counted, as is usual,
    are biases, activations, normalization, pooling, merges and look-ups.

    Args:
        call: With the shapes of its inputs and outputs, see
            `zoo.inspection.graph.trace`.

    Returns:
        The number; None for a layer with weights that is not known here and has no
        method `multiply_adds(input_shape)`.
    """
    layer = call.operation
    if hasattr(layer, "multiply_adds"):
        return int(layer.multiply_adds(call.inputs[0].shape))
    if not isinstance(layer, keras.Layer):
        return 0
    for kind in type(layer).__mro__:
        if kind in RULES:
            return RULES[kind](layer, call)
    return 0 if not layer.weights or isinstance(layer, UNCOUNTED) else None


def _positions(call: Call) -> int:
    """Units of the output, over all its axes but the channels."""
    return prod(n for n in call.outputs[0].shape[1:-1] if n is not None)


def _convolution(layer: Any, call: Call) -> int:
    return _positions(call) * prod(layer.kernel.shape)


def _transposed(layer: Any, call: Call) -> int:
    positions = prod(n for n in call.inputs[0].shape[1:-1] if n is not None)
    return positions * prod(layer.kernel.shape)


def _separable(layer: Any, call: Call) -> int:
    kernels = layer.depthwise_kernel, layer.pointwise_kernel
    return _positions(call) * sum(prod(kernel.shape) for kernel in kernels)


def _dense(layer: Any, call: Call) -> int:
    return _positions(call) * prod(layer.kernel.shape)


def _einsum(layer: Any, call: Call) -> int:
    """The product of the sizes of all letters of the equation but the batch's."""
    left, _, _ = layer.equation.replace("...", "").partition("->")
    inputs, kernel = left.split(",")
    shape = call.inputs[0].shape
    sizes = dict(zip(inputs[::-1], shape[::-1], strict=False))
    sizes |= dict(zip(kernel, layer.kernel.shape, strict=True))
    return prod(n for n in sizes.values() if n is not None)


def _recurrent(layer: Any, call: Call) -> int:
    steps = call.inputs[0].shape[1]
    assert steps is not None
    kernels = layer.cell.kernel, layer.cell.recurrent_kernel
    return steps * sum(prod(kernel.shape) for kernel in kernels)


def _bidirectional(layer: Any, call: Call) -> int:
    both = layer.forward_layer, layer.backward_layer
    return sum(_recurrent(one, call) for one in both)


def _attention(layer: Any, call: Call) -> int:
    """Projections of query, key, value and output; scores; their sum over values."""
    shapes = [tensor.shape for tensor in call.inputs]
    query, value = shapes[0][1], shapes[min(1, len(shapes) - 1)][1]
    assert query is not None and value is not None
    kernels = (
        (layer.query_dense, query),
        (layer.key_dense, value),
        (layer.value_dense, value),
        (layer.output_dense, query),
    )
    projections = sum(n * prod(dense.kernel.shape) for dense, n in kernels)
    width = layer.query_dense.kernel.shape[-1] + layer.value_dense.kernel.shape[-1]
    return projections + query * value * layer.num_heads * width


RULES: dict[type, Rule] = {
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.DepthwiseConv1D: _convolution,
    layers.SeparableConv1D: _separable,
    layers.Conv1DTranspose: _transposed,
    layers.Dense: _dense,
    layers.EinsumDense: _einsum,
    layers.GRU: _recurrent,
    layers.LSTM: _recurrent,
    layers.SimpleRNN: _recurrent,
    layers.Bidirectional: _bidirectional,
    layers.MultiHeadAttention: _attention,
}

#: Layers of Keras with weights, of which no product is counted.
UNCOUNTED = (
    layers.BatchNormalization,
    layers.Embedding,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.PReLU,
    layers.RMSNormalization,
)
