"""What a model reads beside the sequence, where all sequences have the same of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.errors import InputError
from zoo.models.creation import called
from zoo.models.interface import inputs_of, sequence_input


def other_inputs(
    model: keras.Model, given: Mapping[str, Any], sequence: str | None = None
) -> dict[str, Any]:
    """The tensors of the inputs beside the sequence, all of which are given.

    Args:
        model: Names its inputs.
        given: By name.
        sequence: Name of the input that is the sequence, where its shape does not
            say it: one of codes.

    Raises:
        InputError: Others are given.
    """
    tensors, sequence = inputs_of(model), sequence or sequence_input(model)
    if set(given) != set(tensors) - {sequence}:
        expected = [f"{name!r} {tuple(t.shape)}" for name, t in tensors.items()]
        received = ", ".join(map(repr, given)) or "no other"
        again = f" The sequences are {sequence!r} already." * (sequence in given)
        raise InputError(
            f"Expected all inputs of {called(model)} by name: {', '.join(expected)}. "
            f"Received beside the sequences: {received}.{again}"
        )
    return {name: tensors[name] for name in given}


def as_numbers(name: str, value: Any, tensor: Any) -> npt.NDArray[Any]:
    """A value of an input as an array of the input's type.

    Raises:
        InputError: It is none, or the type, one of whole numbers, does not hold it.
    """
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    try:
        array = np.asarray(value)
        with np.errstate(invalid="ignore"):  # not a number as a whole one
            found = array.astype(dtype, copy=False)
    except (TypeError, ValueError):
        values = value if isinstance(value, (list, tuple)) else [value]
        file = any(str(each).lower().endswith((".bw", ".bigwig")) for each in values)
        hint = " Files are read along a genome: --genome, in Python zoo.predict_genome."
        raise InputError(
            f"input {name!r}: expected numbers. Received: {value!r:.80}.{hint * file}"
        ) from None
    whole = found.dtype.kind in "iub" and array.dtype.kind in "iuf"
    if whole and (wrong := array[found != array]).size:
        raise InputError(
            f"input {name!r}: expected numbers that {dtype} holds. Received: "
            f"{wrong.flat[0]}."
        )
    return found


class Constants:
    """Values of the other inputs that all sequences have in common.

    Args:
        model: Names its inputs.
        given: By name: a number, or an array without the axis of the sequences.

    Raises:
        InputError: One is missing, unknown, or of another shape.
    """

    def __init__(self, model: keras.Model, given: Mapping[str, Any]) -> None:
        tensors = other_inputs(model, given)
        self._shapes = {n: tuple(tensor.shape)[1:] for n, tensor in tensors.items()}
        self._values = {n: as_numbers(n, given[n], t) for n, t in tensors.items()}
        for name, value in self._values.items():
            # Of an axis of any length a value may have its own.
            shape = self._shapes[name]
            own = value.shape if value.ndim == len(shape) else (1,) * len(shape)
            self._fitted(
                name,
                1,
                [o if n is None else n for n, o in zip(shape, own, strict=True)],
            )

    def of(
        self, rows: npt.NDArray[np.int64], length: int, start: int, size: int
    ) -> dict[str, npt.NDArray[Any]]:
        """As in `OtherInputs`."""
        return {
            name: self._fitted(name, len(rows), [size if n is None else n for n in own])
            for name, own in self._shapes.items()
        }

    def _fitted(self, name: str, rows: int, shape: list[int]) -> npt.NDArray[Any]:
        """A value for some sequences."""
        value = self._values[name]
        try:
            return np.broadcast_to(value, (rows, *shape))
        except ValueError:
            raise InputError(
                f"input {name!r}: expected a number or an array {tuple(shape)} for all "
                f"sequences. Received: {value.shape}."
            ) from None


def random_inputs(
    model: keras.Model, rows: int, length: int, seed: int = 0
) -> dict[str, npt.NDArray[Any]]:
    """Seeded values of all inputs beside the sequence, (rows, ...) each.

    Numbers and signals are from 0 to 1, as reads are not negative; categories 0 or 1.
    """
    generator = np.random.default_rng(seed)
    sequence, found = sequence_input(model), {}
    for name, tensor in inputs_of(model).items():
        if name == sequence:
            continue
        shape = [length if n is None else n for n in tensor.shape[1:]]
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        drawn = (
            generator.integers(0, 2, (rows, *shape))
            if "int" in dtype
            else generator.random((rows, *shape))
        )
        found[name] = drawn.astype(dtype)
    return found
