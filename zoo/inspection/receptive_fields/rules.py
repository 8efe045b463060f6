"""What each kind of layer reads: known of Keras's own, measured of all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keras import layers

from zoo.errors import InputError
from zoo.inspection.graph import Call, Tensor
from zoo.inspection.receptive_fields import field as fields
from zoo.inspection.receptive_fields.field import Field, Taps
from zoo.inspection.receptive_fields.probe import measured
from zoo.inspection.receptive_fields.window import Window

#: From the call, the fields of its inputs and the units of its first output.
Rule = Callable[[Call, Sequence[Field], int], Field]


def field_of(
    call: Call, inputs: Sequence[Field], output: Tensor, units: int, window: Any = None
) -> Field:
    """What the units of a call's output see.

    Args:
        call: One call of the graph.
        inputs: The fields of its inputs.
        output: One of its outputs.
        units: Positions of the output.
        window: What is declared of it, if anything is: a `Window` or its arguments.

    Raises:
        InputError: What is declared gives another length, or it can neither be known
            nor measured.
    """
    operation = call.operation
    if window is None and hasattr(operation, "input_window"):
        window = operation.input_window()
    if window is not None:
        return _declared(call, as_window(window), inputs, units)
    for kind in type(operation).__mro__:
        if kind in RULES:
            return RULES[kind](call, inputs, units)
    if type(operation).__name__ == "GetItem":
        return _slice(call, inputs, units)
    if type(operation).__name__ == "Concatenate":
        return _concatenate(call, inputs, units)
    found = [
        # A single unit reaches all; of several inputs it is broadcast.
        field if len(field) == 1 else measured(call, source, output, field)
        for source, field in zip(call.inputs, inputs, strict=True)
        if fields.depends(field)
    ]
    merged = fields.merge(found)
    return merged if len(merged) == units else fields.spread(merged, units)


def as_window(declared: Window | Mapping[str, Any]) -> Window:
    """A window, or its arguments as a mapping."""
    return declared if isinstance(declared, Window) else Window(**declared)


def _declared(call: Call, window: Window, inputs: Sequence[Field], units: int) -> Field:
    """The field by what was declared, if it gives the length that Keras finds."""
    field = fields.merge(inputs)
    if not window.whole and window.units(len(field)) != units:
        raise InputError(
            f"Layer {call.name!r} returns {call.outputs[0].shape}, but what is "
            f"declared, {window}, gives {window.units(len(field))} positions."
        )
    return window.field(field, units)


def _alone(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Each position by itself; several inputs are merged."""
    return fields.merge(inputs)


def _whole(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Each unit reads all positions."""
    return fields.spread(fields.merge(inputs), units)


def _windows(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Convolutions and pools."""
    layer = call.operation
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise InputError(
            f"Layer {call.name!r}: expected (batch, length, channels). Received: "
            'data_format="channels_first".'
        )
    size = layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size
    window = Window(
        kernel_size=_first(size),
        strides=_first(layer.strides),
        dilation_rate=_first(getattr(layer, "dilation_rate", 1)),
        padding=layer.padding,
    )
    return window.field(inputs[0], units)


def _first(value: Any) -> int:
    """Keras keeps some numbers of a one-dimensional layer as a tuple of one."""
    return int(value[0] if isinstance(value, (tuple, list)) else value)


def _recurrent(call: Call, inputs: Sequence[Field], units: int) -> Field:
    layer = call.operation
    if layer.return_sequences and not layer.go_backwards:
        return fields.accumulate(inputs[0])
    return fields.spread(inputs[0], units)


def _concatenate(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """Joins channels, or positions."""
    rank = len(call.outputs[0].shape)
    if rank > 2 and call.operation.axis % rank == 1:
        return fields.join(inputs)
    return fields.merge(inputs)


def _cropping(call: Call, inputs: Sequence[Field], units: int) -> Field:
    return fields.read(inputs[0], units, Taps(1, 1, [(0, call.operation.cropping[0])]))


def _slice(call: Call, inputs: Sequence[Field], units: int) -> Field:
    """x[:, first:last:step], or any index into the channels."""
    _, key = call.arguments[0]
    along = key[1] if isinstance(key, tuple) and len(key) > 1 else slice(None)
    if key is Ellipsis or (isinstance(key, tuple) and Ellipsis in key[:2]):
        along = slice(None)
    length = len(inputs[0])
    if isinstance(along, int):
        along = slice(along % length, along % length + 1)
    first, _, step = along.indices(length)
    if step < 1:
        return fields.spread(inputs[0], units)
    return fields.read(inputs[0], units, Taps(step, 1, [(0, first)]))


#: Known, as these are fast, and what a recurrent layer reads fades with the distance.
RULES: dict[type, Rule] = {
    **dict.fromkeys(
        (
            layers.Activation,
            layers.Add,
            layers.Average,
            layers.BatchNormalization,
            layers.Dense,
            layers.Dropout,
            layers.Embedding,
            layers.Identity,
            layers.LeakyReLU,
            layers.Multiply,
            layers.ReLU,
            layers.Rescaling,
        ),
        _alone,
    ),
    **dict.fromkeys(
        (
            layers.AdditiveAttention,
            layers.Attention,
            layers.Bidirectional,
            layers.Flatten,
            layers.GlobalAveragePooling1D,
            layers.GlobalMaxPooling1D,
            layers.GroupNormalization,  # its groups go along the length
            layers.GroupQueryAttention,
            layers.MultiHeadAttention,
        ),
        _whole,
    ),
    **dict.fromkeys(
        (
            layers.AveragePooling1D,
            layers.Conv1D,
            layers.DepthwiseConv1D,
            layers.MaxPooling1D,
            layers.SeparableConv1D,
        ),
        _windows,
    ),
    layers.RNN: _recurrent,
    layers.Concatenate: _concatenate,
    layers.Cropping1D: _cropping,
}
