"""Sequences to what their changes do: the steps that the functions have in common."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import keras
import numpy as np

from zoo.dna import ALPHABET, Codes
from zoo.errors import InputError
from zoo.interpretation.explained import Explained
from zoo.interpretation.mutagenesis.engine import substitutions
from zoo.interpretation.mutagenesis.full import Inputs, TargetValues, Values, slices
from zoo.interpretation.mutagenesis.results import (
    Changes,
    IndelMutagenesis,
    Mutagenesis,
    PairwiseMutagenesis,
)
from zoo.interpretation.targets import targets_of
from zoo.models.interface import input_length, inputs_of, is_per_base, sequence_input

_BASES = np.arange(len(ALPHABET), dtype=np.uint8)
# Substitutions of so many first positions begin at one second position, as each other
# one is another shape to compile.
_PAIRED_AT_ONCE = 8
_CODES_AT_ONCE = 1 << 24


class Changing:
    """Changes bases of sequences, and computes what that does to a model's targets.

    Args:
        model: As in `zoo.saturation_mutagenesis`; so are all others.

    Raises:
        InputError: As there.
    """

    def __init__(
        self,
        model: keras.Model,
        outputs: str | Sequence[str] | None = None,
        *,
        reduction: str | None = None,
        method: str = "auto",
        batch_size: int = 256,
    ) -> None:
        targets = targets_of(model, outputs, reduction=reduction)
        self.model, self.names = model, targets.names
        self._values = TargetValues(model, targets, batch_size)
        self._substitutions = substitutions(
            model, targets, method=method, batch_size=batch_size
        )

    def substitutions(
        self, given: Explained, start: int | None = None, end: int | None = None
    ) -> Mutagenesis:
        """Of each base by each other."""
        first, last = _region(given, start, end)
        codes = given.codes[:, first:last]
        reference = self._values(given.codes, given.inputs)
        values = self._substitutions(given.codes, first, last, given.inputs)
        rows, places, bases = np.nonzero(codes[..., None] == _BASES)
        values[rows, places, bases] = reference[rows]  # to the last bit
        return Mutagenesis(codes, given.start + first, reference, self.names, values)

    def indels(
        self, given: Explained, start: int | None = None, end: int | None = None
    ) -> IndelMutagenesis:
        """One base less, one base more."""
        first, last = _region(given, start, end)
        self._refuse_signals()
        reference = self._values(given.codes, given.inputs)
        count, size = len(given.codes), last - first
        deletions = np.empty((count, size, len(self.names)), np.float32)
        insertions = np.empty((count, size, len(_BASES), len(self.names)), np.float32)
        for row in range(count):
            whole = _with_flanks(given, row)
            inputs = _of_row(given.inputs, row)
            for some in slices(size, max(1, _CODES_AT_ONCE // (5 * whole.size))):
                places = np.arange(first, last)[some]
                changed = np.stack([_deleted(whole, place) for place in places])
                deletions[row, some] = self._of_one(changed, inputs)
                changed = np.stack(
                    [
                        _inserted(whole, place, base)
                        for place, base in itertools.product(places, range(len(_BASES)))
                    ]
                )
                insertions[row, some] = self._of_one(changed, inputs).reshape(
                    len(places), len(_BASES), -1
                )
        codes = given.codes[:, first:last]
        return IndelMutagenesis(
            codes, given.start + first, reference, self.names, deletions, insertions
        )

    def pairs(
        self, given: Explained, start: int | None = None, end: int | None = None
    ) -> PairwiseMutagenesis:
        """Two substitutions at once, beside each by itself."""
        first, last = _region(given, start, end)
        singles = self.substitutions(given, first + given.start, last + given.start)
        effects = singles.effects
        size, each = last - first, len(_BASES)
        shape = (len(given.codes), size, each, size, each, len(self.names))
        found = np.zeros(shape, np.float32)
        for row, codes in enumerate(given.codes):
            reference = singles.reference[row]
            for some in slices(size, -(-size // _PAIRED_AT_ONCE)):
                # Each with each behind it; the others are the same pairs.
                begin = some.start
                own = codes[first:last]
                places, bases = np.nonzero(own[some, None] != _BASES)
                places = places + begin
                changed = np.repeat(codes[None], len(places), axis=0)
                changed[np.arange(len(places)), first + places] = bases
                inputs = _repeated(_of_row(given.inputs, row), len(places))
                values = self._substitutions(changed, first + begin, last, inputs)
                values -= reference
                values -= effects[row, places, bases][:, None, None]
                values -= effects[row, None, begin:]
                values[:, own[begin:, None] == _BASES] = 0
                behind = np.arange(begin, size) > places[:, None]
                found[row, places, bases, begin:] = values * behind[..., None, None]
            found[row] += found[row].transpose(2, 3, 0, 1, 4)
        codes = given.codes[:, first:last]
        return PairwiseMutagenesis(
            codes, singles.start, singles.reference, self.names, found
        )

    def kinds(self) -> dict[str, tuple[type[Changes], Callable[..., Changes]]]:
        """The results and the method of each kind of change, by its name."""
        return {
            "substitutions": (Mutagenesis, self.substitutions),
            "indels": (IndelMutagenesis, self.indels),
            "pairs": (PairwiseMutagenesis, self.pairs),
        }

    def _of_one(self, changed: Codes, inputs: Inputs) -> Values:
        """Of changed sequences that were one."""
        return self._values(changed, _repeated(inputs, len(changed)))

    def _refuse_signals(self) -> None:
        length = input_length(self.model)
        for name, tensor in inputs_of(self.model).items():
            if name != sequence_input(self.model) and is_per_base(tensor, length):
                raise InputError(
                    "Expected a model that reads no values along the sequence, as "
                    "nobody knows those of a base that is inserted. Received: input "
                    f"{name!r}."
                )


def _region(given: Explained, start: int | None, end: int | None) -> tuple[int, int]:
    """The positions to change, within what is explained."""
    least, most = given.start, given.start + given.codes.shape[1]
    first, last = least if start is None else start, most if end is None else end
    if not least <= first < last <= most:
        raise InputError(
            f"Expected start and end of positions from {least} to {most}, which "
            f"the model reads. Received: start={first}, end={last}"
        )
    return first - least, last - least


def _of_row(inputs: Inputs, row: int) -> Inputs:
    return {name: array[row : row + 1] for name, array in inputs.items()}


def _repeated(inputs: Inputs, count: int) -> Inputs:
    return {name: np.repeat(array, count, axis=0) for name, array in inputs.items()}


def _with_flanks(given: Explained, row: int) -> Codes:
    flanks = given.flanks[row]
    return np.concatenate([flanks[:1], given.codes[row], flanks[1:]])


def _deleted(whole: Codes, place: int) -> Codes:
    """Without a base; the half of the sequence that it lies in moves up.

    Args:
        whole: A sequence with a base more on each side.
        place: Of the base in the sequence itself.
    """
    without = np.delete(whole, place + 1)
    return without[:-1] if 2 * place + 1 < len(whole) - 2 else without[1:]


def _inserted(whole: Codes, place: int, base: int) -> Codes:
    """With a base more before that of a place; the half before or behind it moves."""
    longer = np.insert(whole[1:-1], place, base)
    return longer[1:] if 2 * place < len(whole) - 2 else longer[:-1]
