"""What a model reads, and sequences in that form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.sequences import all_parts
from zoo.dna import ALPHABET, UNKNOWN, one_hot
from zoo.errors import InputError, check_at_least
from zoo.models.creation import called, check_model
from zoo.models.interface import as_inputs, inputs_of, is_per_base, sequence_input

# For models of any length. Stride and pooling grids are symmetric at some lengths
# only, so there is one of many factors of two, an odd one, and an even one of few.
DEFAULT_LENGTHS = (256, 301, 222)


@dataclass(frozen=True)
class InputForm:
    """The input of a model that is the sequence, and what it reads beside it.

    Attributes:
        name: Its name.
        codes: Whether it is codes (batch, length); else one-hot (batch, length, 4).
        length: In bp, None for any.
        dtype: As the model declares it.
        others: The tensors of the other inputs, by name.
    """

    name: str
    codes: bool
    length: int | None
    dtype: str
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Without the batch."""
        return (self.length,) if self.codes else (self.length, len(ALPHABET))

    def along(self, name: str) -> bool:
        """Whether another input has a value per base, which strands read in reverse."""
        return is_per_base(self.others[name], self.length)

    def array(self, codes: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        """Codes in the form that the model reads."""
        return (codes if self.codes else one_hot(codes)).astype(self.dtype)

    def call(
        self, model: keras.Model, x: Any, others: Mapping[str, Any], **arguments: Any
    ) -> Any:
        """The model on x and the other inputs, in the structure that it takes."""
        if getattr(model, "inputs", None):
            x = as_inputs(model, {self.name: x, **others})
        return model(x, **arguments)


def input_form(
    model: keras.Model, input_shape: Sequence[int | None] | None
) -> InputForm:
    """Finds out what a model reads.

    Args:
        model: A Keras model.
        input_shape: (length, 4) or (length,) for a model that does not know its input,
            a subclass of keras.Model.

    Raises:
        InputError: The input is unknown, or it is neither one-hot nor codes, or it
            cannot be told which of several is the sequence.
    """
    check_model(model)
    if not getattr(model, "inputs", None):
        if input_shape is None:
            raise InputError(
                "Expected a model whose input is known: functional, or Sequential with "
                f"an Input. Received: {called(model)}, a {type(model).__name__}. Pass "
                "input_shape, e.g. (None, 4) for one-hot of any length or (None,) for "
                "uint8 codes."
            )
        shape = tuple(input_shape)
        return _form("sequence", shape, "float32" if len(shape) == 2 else "uint8")
    tensors = inputs_of(model)
    name = sequence_input(model) if len(tensors) > 1 else next(iter(tensors))
    tensor = tensors.pop(name)
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return _form(name, tuple(tensor.shape)[1:], dtype, tensors)


def _form(
    name: str,
    shape: tuple[int | None, ...],
    dtype: str,
    others: Mapping[str, Any] = MappingProxyType({}),
) -> InputForm:
    if len(shape) == 1:
        return InputForm(name, True, shape[0], dtype, others)
    if len(shape) == 2 and shape[1] == len(ALPHABET):
        return InputForm(name, False, shape[0], dtype, others)
    hint = ""
    if len(shape) == 2 and shape[0] == len(ALPHABET):
        hint = " Channels are last here: put a Permute((2, 1)) in front of the model."
    raise InputError(
        "Expected a model that reads one-hot (batch, length, 4) in the order A C G T, "
        f"or codes (batch, length). Received: input {name!r} of shape "
        f"{(None, *shape)}.{hint}"
    )


def sequences_by_length(
    form: InputForm,
    sequences: Any,
    lengths: Sequence[int] | None,
    num_sequences: int,
    seed: int,
) -> list[npt.NDArray[np.uint8]]:
    """The sequences to measure with, as codes (n, length), one array per length.

    Raises:
        InputError: They do not fit the model.
    """
    if sequences is not None:
        if lengths is not None:
            raise InputError(
                "Expected either sequences or lengths of random ones. Received: both."
            )
        by_length: dict[int, list[npt.NDArray[np.uint8]]] = {}
        for part in all_parts(sequences):
            by_length.setdefault(part.length, []).append(part.codes())
        found = [np.concatenate(codes) for codes in by_length.values()]
    else:
        check_at_least(1, num_sequences=num_sequences)
        if lengths is None:
            lengths = DEFAULT_LENGTHS if form.length is None else (form.length,)
        if min(lengths, default=0) < 1:
            raise InputError(
                f"Expected lengths of at least 1 bp. Received: {list(lengths)}."
            )
        generator = np.random.default_rng(seed)
        found = [
            generator.integers(0, UNKNOWN, (num_sequences, length), dtype=np.uint8)
            for length in lengths
        ]
    for codes in found:
        if codes.shape[1] != (form.length or codes.shape[1]):
            raise InputError(
                f"Expected sequences of {form.length} bp, the length that the model "
                f"takes. Received: {codes.shape[1]} bp."
            )
    return found
