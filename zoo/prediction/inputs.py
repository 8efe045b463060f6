"""What a model reads beside the sequences: signals, cell types, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples
from zoo.errors import InputError
from zoo.inspection.graph import has_graph, trace
from zoo.layers.configured import ConfiguredLayer
from zoo.models.creation import called
from zoo.models.inputs import as_numbers, other_inputs
from zoo.models.interface import input_length, is_per_base, sequence_input


def split(model: keras.Model, given: Any) -> tuple[Any, OtherInputs]:
    """The sequences, and the other inputs.

    Args:
        model: Names its inputs.
        given: The sequences alone; a mapping of all inputs by name; or examples,
            which may hold the others.

    Raises:
        InputError: As `OtherInputs`.
    """
    name = sequence_input(model)
    others: Mapping[str, Any] = {}
    sequences = given
    if isinstance(given, Mapping):
        if name not in given:
            received = ", ".join(map(repr, [*given][:5])) or "an empty one"
            raise InputError(
                f"Expected a mapping of the inputs of {called(model)} by name, among "
                f"them {name!r}, the sequences. Received: {received}. Sequences that "
                "have names go in as list(sequences.values())."
            )
        sequences = given[name]
        others = {key: value for key, value in given.items() if key != name}
    elif isinstance(given, Examples):
        others = given.inputs
    return sequences, OtherInputs(model, others)


class OtherInputs:
    """Arrays by the name of the input, one row per sequence.

    Args:
        model: Names its inputs.
        given: (sequence, ...) each.

    Raises:
        InputError: One is missing, unknown, of another shape, or a category that the
            model does not know.
    """

    def __init__(self, model: keras.Model, given: Mapping[str, Any]) -> None:
        tensors = other_inputs(model, given)
        fixed = input_length(model)
        self.arrays: dict[str, npt.NDArray[Any]] = {}
        self._along: set[str] = set()  # those with a value per base
        for name, tensor in tensors.items():
            shape = tuple(tensor.shape)
            array = as_numbers(name, given[name], tensor)
            if is_per_base(tensor, fixed):
                self._along.add(name)
                shape = (None, None, shape[2])
            fits = array.ndim == len(shape) and all(
                size in (None, received)
                for size, received in zip(shape, array.shape, strict=True)
            )
            if not fits:
                raise InputError(
                    f"input {name!r}: expected {tuple(tensor.shape)}, one row per "
                    f"sequence. Received: {array.shape}."
                )
            self.arrays[name] = array
        check_categories(model, self.arrays)

    def check_rows(self, count: int) -> None:
        """Refuses arrays of another number of rows than sequences.

        Raises:
            InputError: One has another.
        """
        for name, array in self.arrays.items():
            if len(array) != count:
                raise InputError(
                    f"input {name!r}: expected {count} rows, one per sequence. "
                    f"Received: {len(array)}."
                )

    def of(
        self, rows: npt.NDArray[np.int64], length: int, start: int, size: int
    ) -> dict[str, npt.NDArray[Any]]:
        """Those of some sequences.

        Args:
            rows: Which.
            length: Of the sequences in bp, as they were given.
            start: First base that is predicted, as of values along the sequence.
            size: How many bases are.

        Raises:
            InputError: Fewer rows, or values along another length.
        """
        found = {}
        for name, array in self.arrays.items():
            if len(array) <= rows[-1]:
                self.check_rows(int(rows[-1]) + 1)
            if name in self._along:
                if array.shape[1] != length:
                    raise InputError(
                        f"input {name!r}: expected a value for each of the {length} bp "
                        f"of a sequence. Received: {array.shape[1]}."
                    )
                found[name] = array[rows, start : start + size]
            else:
                found[name] = array[rows]
        return found


def check_categories(model: keras.Model, given: Mapping[str, Any]) -> None:
    """Refuses categories beyond the table of the `keras.layers.Embedding` they go to.

    By itself TensorFlow raises on a CPU and gives zeros on a GPU, JAX NaN or another
    row. Our own layers know what to do.

    Args:
        model: Names its inputs.
        given: Numbers of any shape, by the name of the input.

    Raises:
        InputError: One is not from 0 to the size of the table.
    """
    if not given or not has_graph(model):
        return
    try:
        graph = trace(model)
    except InputError:  # at another length than that of what is predicted
        return
    for call in graph.calls:
        layer = call.operation
        if not isinstance(layer, keras.layers.Embedding) or isinstance(
            layer, ConfiguredLayer
        ):
            continue
        for name in given.keys() & graph.inputs.keys():
            if graph.inputs[name] not in call.inputs:
                continue
            values = np.asarray(given[name])
            wrong = values[(values < 0) | (values >= layer.input_dim)]
            if wrong.size:
                raise InputError(
                    f"input {name!r}: expected categories from 0 to "
                    f"{layer.input_dim - 1}, as layer {call.name!r} has them. "
                    f"Received: {wrong.flat[0]}."
                )
