"""How differences between sequences and references pass a layer, in DeepLIFT."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.inspection.graph import Call, Tensor
from zoo.interpretation.contributions.differentiation import gradient
from zoo.interpretation.contributions.walking import run, soft_words
from zoo.layers.kmers import ReadsWords


@dataclass(frozen=True, eq=False)
class Pair:
    """A tensor of sequences, that of their references, and a way for gradients.

    Attributes:
        x: (sequence, ...).
        reference: (pair, ...), those of a sequence one after the other.
        path: (pair, ...): the gradient with respect to an earlier path is multipliers.
            Its values mean nothing. None of what is the same in both.
    """

    x: Any
    reference: Any
    path: Any


#: Computes a call of the pairs that stand for its tensors.
Rule = Callable[[Call, Callable[[Tensor], Pair]], Any]

_NEAR = 1e-6  # a difference that would be rounding, as would its quotients
_LOW = -1e30  # no maximum
_NODES = 8  # of the quadrature where no number of them is exact
_NODES_OF_NORMALIZATION = 32  # steep where a line comes near to no variance


def _names(words: str) -> frozenset[str]:
    """Of classes of `keras.layers`, `keras.ops` and `zoo.layers`."""
    return frozenset(words.split())


# Layers that may end in an activation.
_ACTIVATED = _names(
    "Dense EinsumDense Conv1D Conv2D Conv1DTranspose DepthwiseConv1D SeparableConv1D"
)
_ELEMENTWISE = _names(
    """
    Activation ReLU LeakyReLU PReLU ELU Relu Relu6 LeakyRelu Elu Celu Selu Gelu Silu
    Sigmoid HardSigmoid HardSilu HardTanh LogSigmoid Tanh Softplus Softsign Softshrink
    Mish Exp Expm1 Log Log1p Log2 Log10 Sqrt Rsqrt Square Power Abs Absolute Reciprocal
    Clip
    """
)
_LINEAR = _names(
    """
    Add Subtract Negative Average Concatenate Stack Hstack Vstack Identity Cast
    Rescaling BatchNormalization RCBatchNormalization Dropout SpatialDropout1D RCDropout
    GaussianDropout GaussianNoise AlphaDropout RandomInsertionDeletion RandomMutation
    RandomReverseComplement RandomShift RCConv1D RCDense RCStrandOutputs
    ReverseComplement SwapStrands NucleotideEmbedding Cropping1D ZeroPadding1D
    UpSampling1D Reshape Flatten Permute RepeatVector AveragePooling1D AveragePool
    GlobalAveragePooling1D Mean Sum Transpose Swapaxes Moveaxis Squeeze ExpandDims
    GetItem Flip Roll Tile Repeat Split Take BroadcastTo Pad Ravel Choose
    """
)
# Linear where one tensor depends on the sequence, and products where several do.
_PRODUCTS = _names("Multiply Matmul Dot Einsum Tensordot Conv")
_SMOOTH = _names(
    """
    Softmax LogSoftmax Logsumexp LogSumExpPooling AttentionPooling LogTotal
    MeanPrediction Divide TrueDivide Norm Var Std
    """
)
_NORMALIZATIONS = _names(
    """
    LayerNormalization GroupNormalization RCLayerNormalization RCGroupNormalization
    UnitNormalization RMSNormalization
    """
)
_LARGEST = _names("MaxPooling1D GlobalMaxPooling1D Maximum")
# Activations of which each output depends on several inputs.
_OVER_CHANNELS = _names("softmax log_softmax sparsemax")


def rule_of(call: Call, changing: Collection[Tensor]) -> Rule | None:
    """The rule of a call, None if there is none.

    Args:
        call: Some of its inputs depend on the sequence.
        changing: The tensors that do.
    """
    operation, name = call.operation, type(call.operation).__name__
    if isinstance(operation, ReadsWords):
        return _words
    if type(operation).__module__.split(".")[0] not in ("keras", "zoo"):
        return None  # of others, whatever its name is
    activation = getattr(operation, "activation", None)
    over_channels = getattr(activation, "__name__", "") in _OVER_CHANNELS
    if name in _ACTIVATED:
        if activation in (None, keras.activations.linear):
            return _linear
        return _path(_NODES) if over_channels else _activated
    if name == "Activation" and over_channels:
        return _path(_NODES)
    if name == "StrandPooling":
        return _linear if operation.pooling == "average" else _strands
    if name in ("Maximum", "Minimum") and len(call.inputs) == 1:
        return _elementwise  # of a constant
    if name in _LARGEST and not _by_positions(call):
        return None
    count = sum(tensor in changing for tensor in call.inputs)
    if name in _PRODUCTS:
        return _linear if count == 1 else _path(-(-count // 2))
    if name in ("Divide", "TrueDivide") and call.inputs[0] in changing and count == 1:
        return _linear if _numerator(call) else _path(_NODES)
    for names, rule in (
        (_LINEAR, _linear),
        (_ELEMENTWISE, _elementwise),
        (_LARGEST, _largest),
        (_SMOOTH, _path(_NODES)),
        (_NORMALIZATIONS, _path(_NODES_OF_NORMALIZATION)),
    ):
        if name in names:
            several = rule is _elementwise and len(set(call.inputs)) > 1
            return None if several else rule
    return None


def _by_positions(call: Call) -> bool:
    """Whether a maximum is one that `_maximum` takes."""
    channels_first = getattr(call.operation, "data_format", "") == "channels_first"
    return not channels_first and len({tensor.shape for tensor in call.inputs}) == 1


def _numerator(call: Call) -> bool:
    return isinstance(call.arguments[0][0], Tensor)


def anchored(pair: Pair) -> Any:
    """The values of sequences, one row per pair, through which its gradient passes."""
    copies = pair.reference.shape[0] // pair.x.shape[0]
    x = ops.repeat(pair.x, copies, axis=0)
    return x if pair.path is None else _moved(x, pair.path)


def _moved(x: Any, path: Any) -> Any:
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(x.dtype)):
        return x  # of comparisons, through which no gradient passes
    return x + ops.cast(path - ops.stop_gradient(path), x.dtype)


def _made(x: Any, reference: Any, path: Any) -> Any:
    """Pairs in the structure of a call's results."""
    return keras.tree.map_structure(Pair, x, reference, path)


def _ends(
    call: Call, of: Callable[[Tensor], Pair], operation: Any = None
) -> tuple[Any, Any]:
    """The call of sequences, and of references."""
    x = run(call, lambda tensor: of(tensor).x, operation)
    reference = run(call, lambda tensor: of(tensor).reference, operation)
    return x, reference


def _path_of(pair: Pair) -> Any:
    return pair.reference if pair.path is None else pair.path


def _linear(call: Call, of: Callable[[Tensor], Pair], operation: Any = None) -> Any:
    """The gradient is the multiplier, wherever it is taken."""
    path = run(call, lambda tensor: _path_of(of(tensor)), operation)
    return _made(*_ends(call, of, operation), path)


def tangent(call: Call, of: Callable[[Tensor], Pair]) -> Any:
    """The gradient at the sequence, of what has no rule."""
    path = run(call, lambda tensor: anchored(of(tensor)))
    return _made(*_ends(call, of), path)


def _elementwise(call: Call, of: Callable[[Tensor], Pair]) -> Any:
    """Rescale: the difference of outputs by that of inputs, Shrikumar et al., 3.5.2."""
    pair = of(call.inputs[0])
    return _rescaled(pair, lambda x: run(call, lambda _: x))


def _activated(call: Call, of: Callable[[Tensor], Pair]) -> Any:
    """A layer, then its activation."""
    layer = call.operation
    # The same weights without the activation; the layer itself may be in use.
    bare = object.__new__(type(layer))
    bare.__dict__.update(layer.__dict__)
    object.__setattr__(bare, "activation", keras.activations.linear)
    return _rescaled(_linear(call, of, bare), layer.activation)


def _rescaled(pair: Pair, function: Callable[[Any], Any]) -> Any:
    y, reference = function(pair.x), function(pair.reference)
    copies = reference.shape[0] // y.shape[0]
    slope = gradient(lambda x: ops.sum(function(x)), pair.x)
    # Of half precision a difference would be rounding.
    x, before, y_x, after, slope = (
        ops.cast(value, "float32")
        for value in (
            ops.repeat(pair.x, copies, axis=0),
            pair.reference,
            ops.repeat(y, copies, axis=0),
            reference,
            ops.repeat(slope, copies, axis=0),
        )
    )
    change = x - before
    near = ops.abs(change) < _NEAR
    multiplier = ops.where(near, slope, (y_x - after) / ops.where(near, 1.0, change))
    path = pair.path * ops.cast(ops.stop_gradient(multiplier), pair.path.dtype)
    return _made(y, reference, path)


def _path(nodes: int) -> Rule:
    """The mean gradient on the straight line from the reference to the sequence.

    By Gauss and Legendre, exact where the operation is a polynomial of degree 2 nodes.
    """
    places, weights = quadrature(nodes)

    def rule(call: Call, of: Callable[[Tensor], Pair]) -> Any:
        path: Any = None
        for place, weight in zip(places, weights, strict=True):

            def between(tensor: Tensor, place: float = place) -> Any:
                return _between(of(tensor), place)

            found = run(call, between)
            scaled = [weight * y for y in keras.tree.flatten(found)]
            path = (
                [a + b for a, b in zip(path, scaled, strict=True)] if path else scaled
            )
        path = keras.tree.pack_sequence_as(found, path)
        return _made(*_ends(call, of), path)

    return rule


def quadrature(nodes: int) -> tuple[list[float], list[float]]:
    """Places from 0 to 1 and their weights, by Gauss and Legendre."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    return ((places + 1) / 2).tolist(), (weights / 2).tolist()


def _between(pair: Pair, place: float) -> Any:
    """A place on the line, through which the gradient passes."""
    copies = pair.reference.shape[0] // pair.x.shape[0]
    x = ops.repeat(pair.x, copies, axis=0)
    if pair.path is None:
        return x
    point = ops.stop_gradient(pair.reference + place * (x - pair.reference))
    return _moved(point, pair.path)


def _words(call: Call, of: Callable[[Tensor], Pair]) -> Any:
    """The line's mean gradient of words that are linear in each of their bases."""
    pair, layer = of(call.inputs[0]), call.operation
    places, weights = quadrature(-(-layer.k // 2))
    # One graph for all places: that of many patterns takes long to compile.
    between = ops.concatenate([_between(pair, place) for place in places])
    vectors = ops.split(soft_words(layer, between), len(places))
    path = sum(w * y for w, y in zip(weights, vectors, strict=True))
    return _made(*_ends(call, of), path)


def _largest(call: Call, of: Callable[[Tensor], Pair]) -> Any:
    """A maximum over positions, or over tensors."""
    layer, name = call.operation, type(call.operation).__name__
    pairs = [of(tensor) for tensor in call.inputs]

    def arranged(choose: Callable[[Any], Any]) -> tuple[Any, int]:
        values = [choose(pair) for pair in pairs]
        if name == "Maximum":
            return ops.stack(values, axis=1), 1
        if name == "GlobalMaxPooling1D":
            return values[0], 1
        return _windows(layer, values[0]), 2

    return _maximum(call, of, arranged)


def _strands(call: Call, of: Callable[[Tensor], Pair]) -> Any:
    """A maximum over the two strands."""
    strands, pair = call.operation._strands, of(call.inputs[0])

    def arranged(choose: Callable[[Any], Any]) -> tuple[Any, int]:
        value = choose(pair)
        both = strands.first_of_each(value), strands.partner_of_each(value)
        return ops.stack(both, axis=1), 1

    return _maximum(call, of, arranged)


def _maximum(call: Call, of: Callable[[Tensor], Pair], arranged: Any) -> Any:
    """What changes the maximum is divided over the largest of both sequences.

    With m the larger of the two maxima, m - that of the reference goes to the largest
    of the sequence, and that of the sequence - m to the largest of the reference; where
    they do not differ at all the gradient is taken. So Captum and tangermeme have it.
    """
    x, axis = arranged(lambda pair: pair.x)
    reference, _ = arranged(lambda pair: pair.reference)
    path, _ = arranged(_path_of)
    copies, size = reference.shape[0] // x.shape[0], x.shape[axis]

    along = [size if place == axis else 1 for place in range(len(x.shape))]
    places = ops.reshape(ops.arange(size, dtype="int32"), along)

    def first(values: Any) -> Any:
        # Where several are largest, PyTorch's argmax is of any of them.
        largest = values == ops.max(values, axis=axis, keepdims=True)
        index = ops.min(ops.where(largest, places, size), axis=axis)
        return ops.one_hot(index, size, axis=axis)

    change = ops.repeat(x, copies, axis=0) - reference
    there = ops.repeat(first(x), copies, axis=0)
    of_x = ops.repeat(ops.max(x, axis=axis, keepdims=True), copies, axis=0)
    of_reference = ops.max(reference, axis=axis, keepdims=True)
    larger = ops.maximum(of_x, of_reference)
    part = (larger - of_reference) * there + (of_x - larger) * first(reference)
    same = ops.abs(change) < _NEAR
    multiplier = ops.where(same, there, part / ops.where(same, 1.0, change))
    moved = ops.sum(path * ops.stop_gradient(multiplier), axis=axis)
    ends = _ends(call, of)
    if len(ends[1].shape) > len(moved.shape):  # keepdims
        moved = ops.expand_dims(moved, axis)
    return _made(*ends, moved)


def _windows(layer: Any, x: Any) -> Any:
    """What each maximum is of, (batch, window, place, channels)."""
    (size,), (stride,) = np.atleast_1d(layer.pool_size), np.atleast_1d(layer.strides)
    length = x.shape[1]
    if layer.padding == "same":
        count = -(-length // stride)
        beyond = max((count - 1) * stride + size - length, 0)
        ends = [[0, 0], [beyond // 2, beyond - beyond // 2], [0, 0]]
        x = ops.pad(x, ends, constant_values=_LOW)
    count = (x.shape[1] - size) // stride + 1
    if stride == size:
        return ops.reshape(x[:, : count * size], (-1, count, size, x.shape[2]))
    places = stride * np.arange(count)[:, None] + np.arange(size)
    return ops.take(x, places, axis=1)
