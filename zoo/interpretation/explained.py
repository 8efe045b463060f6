"""The sequences whose prediction is explained: those that `zoo.predict` would read."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.sequences import codes_of_one_length
from zoo.dna import Codes
from zoo.errors import InputError
from zoo.prediction.inputs import split
from zoo.prediction.lengths import Lengths, misfit


@dataclass(frozen=True, eq=False)
class Explained:
    """What a model reads.

    Attributes:
        codes: uint8 (sequence, position), of a length that the model takes.
        inputs: What it reads beside them, one row for each, by the name of the input.
        start: Where they begin in the sequences as they were given, in bp.
    """

    codes: Codes
    inputs: Mapping[str, npt.NDArray[Any]]
    start: int


def explained(
    model: keras.Model, sequences: Any, window: int | str | None = None
) -> Explained:
    """Reads sequences of one length as `zoo.predict` does, in a window of that length.

    Args:
        model: Whose prediction is explained.
        sequences: As `zoo.predict` takes them, of one length.
        window: As there: bp that longer sequences are cut to, in their middle; by
            default those that a released model was trained on, with a warning; "full"
            leaves them as they are.

    Raises:
        InputError: They differ in length, are not 0 and 1 in one-hot, or do not fit the
            model.

    Warns:
        UserWarning: Sequences are cut, or of another length than in training.
    """
    given, others = split(model, sequences)
    lengths = Lengths(model, window)
    codes = codes_of_one_length(given)
    others.check_rows(len(codes))
    start = lengths.start(codes.shape[1])
    cut = lengths.middle(codes)
    if message := misfit(model, cut.shape[1]):
        raise InputError(f"sequence 1: {message}")
    if warning := lengths.warning():
        warnings.warn(warning, stacklevel=3)
    rows = np.arange(len(codes))
    inputs = others.of(rows, codes.shape[1], start, cut.shape[1])
    return Explained(np.ascontiguousarray(cut), inputs, start)
