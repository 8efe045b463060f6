"""What each kind of layer reads: a rule for each class of Keras and of seqzoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers

from zoo.errors import InputError
from zoo.inspection.graph import Call
from zoo.inspection.receptive_fields import field as fields
from zoo.inspection.receptive_fields.field import Field
from zoo.inspection.receptive_fields.window import (
    Window,
    repeated,
    reverse,
    shifted,
    transposed,
)

#: From the call, the fields of its inputs and the units of its first output.
Rule = Callable[[Call, Sequence[Field], int], Field]


def alone(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Each position by itself; several inputs are merged."""
    return fields.merge(inputs)


def whole(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Each unit reads all positions."""
    return fields.spread(fields.merge(inputs), units)


def _convolution(call: Call, inputs: Sequence[Field], units: int) -> Field:
    layer = call.operation
    _channels_last(call)
    window = Window(
        kernel_size=_first(layer.kernel_size),
        strides=_first(layer.strides) if hasattr(layer, "strides") else 1,
        dilation_rate=_first(layer.dilation_rate),
        padding=layer.padding,
    )
    return window.field(inputs[0], units)


def _pooling(call: Call, inputs: Sequence[Field], units: int) -> Field:
    layer = call.operation
    _channels_last(call)
    window = Window(
        kernel_size=_first(layer.pool_size),
        strides=_first(layer.strides),
        padding=layer.padding,
    )
    return window.field(inputs[0], units)


def _transposed(call: Call, inputs: Sequence[Field], units: int) -> Field:
    layer = call.operation
    _channels_last(call)
    if _first(layer.dilation_rate) != 1 or layer.output_padding is not None:
        raise InputError(
            f"Layer {call.name!r}: a transposed convolution with dilation_rate or "
            "output_padding is not followed."
        )
    return transposed(
        inputs[0],
        units,
        kernel_size=_first(layer.kernel_size),
        strides=_first(layer.strides),
        padding=layer.padding,
    )


def _upsampling(call: Call, inputs: Sequence[Field], units: int) -> Field:
    return repeated(inputs[0], units, call.operation.size)


def _cropping(call: Call, inputs: Sequence[Field], units: int) -> Field:
    return shifted(inputs[0], units, call.operation.cropping[0])


def _zero_padding(call: Call, inputs: Sequence[Field], units: int) -> Field:
    return shifted(inputs[0], units, -call.operation.padding[0])


def concatenate(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Joins channels, or positions."""
    rank = len(call.outputs[0].shape)
    if rank > 2 and call.operation.axis % rank == 1:
        return fields.join(inputs)
    return fields.merge(inputs)


def normalization(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Alone, unless it normalises over the length."""
    rank = len(call.inputs[0].shape)
    axes = {axis % rank for axis in keras.tree.flatten(call.operation.axis)}
    return (whole if rank > 2 and 1 in axes else alone)(call, inputs, units)


def _recurrent(call: Call, inputs: Sequence[Field], units: int) -> Field:
    layer = call.operation
    if layer.return_sequences and not layer.go_backwards:
        return fields.accumulate(inputs[0])
    return fields.spread(inputs[0], units)


def _reshape(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Neighbouring positions are joined, or each is split, or all are mixed."""
    old = len(inputs[0])
    if units <= old and old % units == 0:
        size = old // units
        return Window(size, strides=size).field(inputs[0], units)
    if units % old == 0 and old > 1:
        return repeated(inputs[0], units, units // old)
    return fields.spread(inputs[0], units)


def _channels_last(call: Call) -> None:
    if getattr(call.operation, "data_format", "channels_last") != "channels_last":
        raise InputError(
            f"Layer {call.name!r}: expected (batch, length, channels). Received: "
            'data_format="channels_first".'
        )


def _first(value: Any) -> int:
    """Keras keeps some numbers of a one-dimensional layer as a tuple of one."""
    return int(value[0] if isinstance(value, (tuple, list)) else value)


def _kmers(call: Call, inputs: Sequence[Field], units: int) -> Field:
    return Window(call.operation.k).field(inputs[0], units)


def _reversed(call: Call, inputs: Sequence[Field], units: int) -> Field:
    return reverse(inputs[0])


def _swapped(call: Call, inputs: Sequence[Field], units: int) -> Field:
    reverses = call.operation.reverse_positions
    if reverses is None:
        reverses = len(call.outputs[0].shape) > 2
    return reverse(inputs[0]) if reverses else inputs[0]


RULES: dict[type, Rule] = {
    **dict.fromkeys(
        (
            layers.Activation,
            layers.ActivityRegularization,
            layers.AlphaDropout,
            layers.BatchNormalization,
            layers.Dense,
            layers.Dropout,
            layers.ELU,
            layers.Embedding,
            layers.GaussianDropout,
            layers.GaussianNoise,
            layers.Identity,
            layers.LeakyReLU,
            layers.Masking,
            layers.PReLU,
            layers.ReLU,
            layers.Rescaling,
            layers.SpatialDropout1D,
            layers.Add,
            layers.Average,
            layers.Maximum,
            layers.Minimum,
            layers.Multiply,
            layers.Subtract,
            layers.TimeDistributed,
        ),
        alone,
    ),
    **dict.fromkeys(
        (
            layers.AdditiveAttention,
            layers.Attention,
            layers.Bidirectional,
            layers.Dot,
            layers.Flatten,
            layers.GlobalAveragePooling1D,
            layers.GlobalMaxPooling1D,
            layers.GroupNormalization,  # its groups go along the length
            layers.GroupQueryAttention,
            layers.MultiHeadAttention,
            layers.RepeatVector,
        ),
        whole,
    ),
    **dict.fromkeys(
        (
            layers.LayerNormalization,
            layers.RMSNormalization,
            layers.Softmax,
            layers.UnitNormalization,
        ),
        normalization,
    ),
    **dict.fromkeys(
        (layers.Conv1D, layers.DepthwiseConv1D, layers.SeparableConv1D),
        _convolution,
    ),
    **dict.fromkeys((layers.AveragePooling1D, layers.MaxPooling1D), _pooling),
    **dict.fromkeys((layers.GRU, layers.LSTM, layers.SimpleRNN), _recurrent),
    layers.Concatenate: concatenate,
    layers.Conv1DTranspose: _transposed,
    layers.Cropping1D: _cropping,
    layers.Reshape: _reshape,
    layers.UpSampling1D: _upsampling,
    layers.ZeroPadding1D: _zero_padding,
}

#: Layers of `zoo.layers`, by name. A new one may have a method `input_window` instead.
OWN_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            "CategoryEmbedding",
            "MissingModality",
            "NucleotideEmbedding",
            "OneHot",
            "RCBatchNormalization",
            "RCDense",
            "RCDropout",
            "RCLayerNormalization",
            "RandomInsertionDeletion",
            "RandomMutation",
            "RandomReverseComplement",
            "RandomShift",
            "StrandPooling",
        ),
        alone,
    ),
    **dict.fromkeys(("KmerEmbedding", "KmerOneHot", "RCKmerEmbedding"), _kmers),
    "RCConv1D": _convolution,
    "RCGroupNormalization": whole,
    "ReverseComplement": _reversed,
    "SwapStrands": _swapped,
}
