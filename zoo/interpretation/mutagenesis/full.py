"""The targets of every substitution, each sequence computed in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from zoo.data.sequences import batch_rows
from zoo.dna import ALPHABET, Codes
from zoo.errors import check_at_least
from zoo.interpretation.targets import Targets
from zoo.models.interface import sequence_input
from zoo.prediction.forward import compiled

Values = npt.NDArray[np.float32]
#: What a model reads beside the sequence: (sequence, ...) by the name of the input.
Inputs = Mapping[str, npt.NDArray[Any]]
NO_INPUTS: Inputs = MappingProxyType({})


class Substitutions(Protocol):
    """Computes the targets with each base in each place."""

    def __call__(
        self,
        codes: Codes,
        start: int = 0,
        stop: int | None = None,
        inputs: Inputs = NO_INPUTS,
    ) -> Values:
        """The targets' values.

        Args:
            codes: uint8 (sequence, length) of one length, which the model takes.
            start: First position to change.
            stop: One past the last, None for the end of the sequences.
            inputs: What the model reads beside the sequences, one row for each.

        Returns:
            float32 (sequence, stop - start, 4, target), bases in the order A, C, G, T.
            With the base that a sequence has it is the value of that sequence.
        """


class TargetValues:
    """Computes the targets of sequences, in batches.

    Args:
        model: Whose they are.
        targets: Which, see `zoo.interpretation.targets.targets_of`.
        batch_size: Sequences per batch; fewer for sequences of more than 2 kb.
    """

    def __init__(
        self, model: keras.Model, targets: Targets, batch_size: int = 256
    ) -> None:
        check_at_least(1, batch_size=batch_size)
        self.model = model  # the compiled function does not keep it alive
        self.targets = targets
        self.batch_size = batch_size
        self._compute = compiled(model, None)
        self._sequence = sequence_input(model)

    def __call__(self, codes: Codes, inputs: Inputs = NO_INPUTS) -> Values:
        """Their values.

        Args:
            codes: uint8 (sequence, length), any number of sequences.
            inputs: Of the model beside the sequences, one row for each.

        Returns:
            float32 (sequence, target).
        """
        found = np.empty((len(codes), len(self.targets)), np.float32)
        step = batch_rows(self.batch_size, codes.shape[1])
        for some in slices(len(codes), step):
            named = {name: array[some] for name, array in inputs.items()}
            outputs = self._compute({self._sequence: codes[some], **named})
            found[some] = ops.convert_to_numpy(self.targets(outputs))
        return found


class FullSubstitutions:
    """As `Substitutions`, by computing each changed sequence in full.

    Args:
        model: Any that `zoo.predict` takes.
        targets: Of the model.
        batch_size: Sequences per batch; fewer for sequences of more than 2 kb.
    """

    def __init__(
        self, model: keras.Model, targets: Targets, batch_size: int = 256
    ) -> None:
        self.values = TargetValues(model, targets, batch_size)

    def __call__(
        self,
        codes: Codes,
        start: int = 0,
        stop: int | None = None,
        inputs: Inputs = NO_INPUTS,
    ) -> Values:
        """The targets' values, see `Substitutions`."""
        window = codes[:, start:stop]
        references = self.values(codes, inputs)
        bases = np.arange(len(ALPHABET), dtype=np.uint8)
        shape = (*window.shape, len(bases), references.shape[1])
        found = np.array(np.broadcast_to(references[:, None, None], shape))
        rows, places, others = np.nonzero(window[..., None] != bases)
        step = batch_rows(self.values.batch_size, codes.shape[1])
        for some in slices(len(rows), step):
            row, place, other = rows[some], places[some], others[some]
            changed = codes[row]
            changed[np.arange(len(row)), start + place] = other
            named = {name: array[row] for name, array in inputs.items()}
            found[row, place, other] = self.values(changed, named)
        return found


def slices(count: int, step: int) -> Iterator[slice]:
    """So many rows, some at a time."""
    for first in range(0, count, step):
        yield slice(first, first + step)
