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
from zoo.dna import UNKNOWN, Codes
from zoo.errors import InputError
from zoo.models.inputs import Constants
from zoo.prediction.inputs import OtherInputs, split
from zoo.prediction.lengths import Lengths, misfit


@dataclass(frozen=True, eq=False)
class Explained:
    """What a model reads.

    Attributes:
        codes: uint8 (sequence, position), of a length that the model takes.
        inputs: What it reads beside them, one row for each, by the name of the input.
        start: Where they begin in the sequences as they were given, in bp.
        flanks: uint8 (sequence, 2): the base before them and the one behind them, N
            where the sequences as they were given have none.
        whole: uint8 (sequence, position): the sequences as they were given.
    """

    codes: Codes
    inputs: Mapping[str, npt.NDArray[Any]]
    start: int
    flanks: Codes
    whole: Codes


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
    found = in_window(model, lengths, codes, others)
    if warning := lengths.warning():
        warnings.warn(warning, stacklevel=3)
    return found


def in_window(
    model: keras.Model, lengths: Lengths, codes: Codes, others: OtherInputs | Constants
) -> Explained:
    """Cuts sequences of one length, which are counted.

    Args:
        model: Reads them.
        lengths: Has the window, and counts.
        codes: uint8 (sequence, position).
        others: What the model reads beside them.

    Raises:
        InputError: They do not fit the model.
    """
    count, length = codes.shape
    start = lengths.start(length)
    cut = np.ascontiguousarray(lengths.middle(codes))
    size = cut.shape[1]
    if message := misfit(model, size):
        raise InputError(message[0].upper() + message[1:])
    inputs = others.of(np.arange(count), length, start, size)
    flanks = np.full((count, 2), UNKNOWN, np.uint8)
    if start:
        flanks[:, 0] = codes[:, start - 1]
    if start + size < length:
        flanks[:, 1] = codes[:, start + size]
    return Explained(cut, inputs, start, flanks, codes)
