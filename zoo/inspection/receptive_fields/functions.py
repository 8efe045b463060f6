"""What the functions of `keras.ops` read, where a model calls them on its tensors."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from zoo.errors import InputError
from zoo.inspection.graph import Call
from zoo.inspection.receptive_fields import field as fields
from zoo.inspection.receptive_fields.field import Field
from zoo.inspection.receptive_fields.rules import (
    Rule,
    alone,
    concatenate,
    normalization,
)
from zoo.inspection.receptive_fields.window import Window, reverse, shifted

#: Operations of `keras.ops` that work on each position alone.
ELEMENTWISE = frozenset(
    {
        "Absolute",
        "Add",
        "Cast",
        "Clip",
        "Divide",
        "Elu",
        "Exp",
        "Expm1",
        "Gelu",
        "LeakyRelu",
        "Log",
        "Log1p",
        "LogSigmoid",
        "Maximum",
        "Minimum",
        "Multiply",
        "Negative",
        "Power",
        "Relu",
        "Relu6",
        "Rsqrt",
        "Sigmoid",
        "Silu",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Square",
        "Subtract",
        "Tanh",
        "TrueDivide",
        "Where",
    }
)


def rule_of_function(call: Call) -> Rule:
    """The rule of a function of `keras.ops`, by the name of its operation.

    Raises:
        InputError: Nothing is known of it.
    """
    kind = type(call.operation).__name__
    if kind in ELEMENTWISE:
        return alone
    if kind == "Concatenate":
        return concatenate
    if kind == "GetItem":
        return _slice
    if kind == "Flip":
        return _flip
    if kind in ("Mean", "Max", "Sum"):
        return normalization
    raise InputError(
        f"What keras.ops does in {call.name!r} ({kind}) is not followed. Put it into a "
        "layer of your own with a method input_window(), or pass "
        f"windows={{{call.name!r}: zoo.inspection.receptive_fields.Window(...)}}."
    )


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
    cropped = shifted(inputs[0], length - first, first)
    return Window(strides=step).field(cropped, units)


def _flip(call: Call, inputs: Sequence[Field], units: int) -> Field:
    rank = len(call.inputs[0].shape)
    axes = {axis % rank for axis in keras.tree.flatten(call.operation.axis)}
    return reverse(inputs[0]) if 1 in axes else inputs[0]
