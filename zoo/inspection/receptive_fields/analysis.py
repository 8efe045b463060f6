"""Follows what each unit sees from the input to the outputs of a model."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zoo.errors import InputError
from zoo.inspection.graph import Graph, Tensor, trace
from zoo.inspection.receptive_fields.field import (
    Field,
    bases,
    depends,
    merge,
    nothing,
    spread,
)
from zoo.inspection.receptive_fields.probe import positions
from zoo.inspection.receptive_fields.report import ReceptiveField, describe
from zoo.inspection.receptive_fields.rules import field_of
from zoo.inspection.receptive_fields.window import Window
from zoo.models.interface import SEQUENCE, sequence_input

if TYPE_CHECKING:
    import keras


def receptive_field(
    model: keras.Model,
    sequence_length: int | None = None,
    *,
    input: str | None = None,
    windows: Mapping[str, Window | Mapping[str, Any]] | None = None,
) -> ReceptiveField:
    """Finds which bases each layer of a model sees, from its graph.

    The graph is followed through convolutions, dilation, strides, pooling, merges,
    nested models and shared layers. For a plain stack it gives

        span = 1 + sum over layers of (kernel_size - 1) * dilation_rate * (product of
        the strides before it)

    A span goes from the first to the last base; dilation may leave out bases in
    between. Layers count as they predict: batch normalization and dropout look at
    no neighbor.

    Args:
        model: A functional or sequential model.
        sequence_length: Input length in bp; None for that of the model, or 1,000
            where it takes any length. Spans and strides do not depend on it; where
            windows lie under padding="same" with strides may.
        input: The name of the input to follow; None for "sequence", the one that is
            DNA, or the only one that has a length.
        windows: What a layer reads, by its name, in place of what is known or measured.

    Returns:
        Spans, strides and intervals of all layers; printing it gives a table.

    Raises:
        InputError: The model has no graph or another fixed length, `input` is
            missing, or what a layer reads cannot be measured: the error says how to
            declare it.

    Source:
        Araujo, Norris and Sim, "Computing receptive fields of convolutional neural
        networks", Distill 2019, doi:10.23915/distill.00021: span, stride and start
        by recurrence. Deviations: exact at the ends, where units see padding; layers
        that see the whole length have no span.
    """
    graph = trace(model, sequence_length)
    name = _choose(model, graph, input)
    found = fields(graph, name, windows or {})
    length = graph.inputs[name].shape[1]
    assert length is not None  # `_choose` takes inputs that have one
    entries = {}
    for call in graph.calls:
        for output in call.outputs:
            entries[output] = describe(call, output, found[output])
    firsts = [entries[call.outputs[0]] for call in graph.calls]
    outputs = [entries[output] for output in graph.outputs if output in entries]
    return ReceptiveField(name, length, tuple(firsts), tuple(outputs))


def fields(
    graph: Graph, input: str, windows: Mapping[str, Window | Mapping[str, Any]]
) -> dict[Tensor, Field]:
    """The field of every tensor of a graph."""
    found = {tensor: nothing(_units(tensor)) for tensor in graph.inputs.values()}
    found[graph.inputs[input]] = bases(_units(graph.inputs[input]))
    for call in graph.calls:
        inputs = [found[tensor] for tensor in call.inputs]
        for number, output in enumerate(call.outputs):
            units = _units(output)
            if not any(map(depends, inputs)):
                found[output] = nothing(units)
            elif number == 0 or len(output.shape) > 2:
                window = windows.get(call.name)
                found[output] = field_of(call, inputs, output, units, window)
            elif len(output.shape) == 2:
                # The last state of a recurrent layer.
                found[output] = spread(merge(inputs), 1)
            else:
                # What was drawn for each example, e.g. which were reversed.
                found[output] = nothing(1)
    return found


def _units(tensor: Tensor) -> int:
    return positions(tensor.shape, tensor.spec.dtype)


def _choose(model: keras.Model, graph: Graph, name: str | None) -> str:
    """The input to follow."""
    candidates = [n for n, tensor in graph.inputs.items() if _units(tensor) > 1]
    if name is None and len(candidates) == 1:
        return candidates[0]
    if name is None and SEQUENCE in candidates:  # codes as well
        return SEQUENCE
    if name is None:
        with contextlib.suppress(InputError):
            name = sequence_input(model)
    if name in candidates:
        return name
    raise InputError(
        "Expected input to name one of the model's inputs that have a length: "
        f"{', '.join(candidates) or 'there is none'}. Received: input={name!r}"
    )
