"""Finds the rule of a layer, and says what to do where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from zoo.errors import InputError
from zoo.inspection.graph import Call
from zoo.inspection.receptive_fields import field as fields
from zoo.inspection.receptive_fields.field import Field
from zoo.inspection.receptive_fields.functions import rule_of_function
from zoo.inspection.receptive_fields.rules import OWN_RULES, RULES, Rule
from zoo.inspection.receptive_fields.window import Window


def as_window(declared: Window | Mapping[str, Any]) -> Window:
    """A window, or its arguments as a mapping."""
    return declared if isinstance(declared, Window) else Window(**declared)


def find_rule(call: Call, windows: Mapping[str, Window]) -> Rule:
    """The rule of a call: declared for it, by its layer, or of its class.

    Raises:
        InputError: Nothing is known of it.
    """
    operation = call.operation
    if call.name in windows:
        return _by_window(windows[call.name])
    if hasattr(operation, "input_window"):
        return _by_window(as_window(operation.input_window()))
    if not isinstance(operation, keras.Layer):
        return rule_of_function(call)
    for kind in type(operation).__mro__:
        if kind in RULES:
            return RULES[kind]
        if kind.__module__.startswith("zoo.layers.") and kind.__name__ in OWN_RULES:
            return OWN_RULES[kind.__name__]
    raise InputError(
        f"Layer {call.name!r} is a {type(operation).__name__}. It is not known what "
        "one unit of its output reads. Give its class a method "
        'input_window() that returns, e.g., {"kernel_size": 3, "padding": "same"}, '
        '{} for a layer that works on each position alone, or {"whole": True}; or pass '
        f"windows={{{call.name!r}: zoo.inspection.receptive_fields.Window(...)}}."
    )


def _by_window(window: Window) -> Rule:
    """The rule of what was declared, if it gives the length that Keras finds."""

    def rule(call: Call, inputs: Sequence[Field], units: int) -> Field:
        field = fields.merge(inputs)
        if not window.whole and window.units(len(field)) != units:
            raise InputError(
                f"Layer {call.name!r} returns {call.outputs[0].shape}, but what is "
                f"declared, {window}, gives {window.units(len(field))} positions."
            )
        return window.field(field, units)

    return rule
