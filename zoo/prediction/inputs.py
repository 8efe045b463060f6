"""What a model reads beside the sequences: signals, cell types, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples
from zoo.errors import InputError
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
        InputError: An input is missing, unknown, or of another shape.
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
        InputError: One is missing, unknown, or of another shape.
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
