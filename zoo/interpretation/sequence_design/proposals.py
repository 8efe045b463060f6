"""Children of sequences: every substitution, its score computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, Codes
from zoo.errors import InputError
from zoo.interpretation.explained import Explained
from zoo.interpretation.mutagenesis.engine import substitutions
from zoo.interpretation.mutagenesis.full import Inputs, TargetValues, Values, slices
from zoo.interpretation.sequence_design.constraints import Constraints
from zoo.interpretation.sequence_design.goals import Goal
from zoo.interpretation.sequence_design.search import Numbered, State

Scores = npt.NDArray[np.float64]

_BASES = np.arange(len(ALPHABET), dtype=np.uint8)
_VALUES_AT_ONCE = 1 << 24


class Problem:
    """What is designed: a goal, what stays, and where one begins.

    Args:
        model: As in `zoo.design`.
        goal: Of the model.
        given: The sequences to begin with.
        constraints: Of the designs.
        min_gain: What each position that differs has to add to the score.
        batch_size: Sequences per batch.

    Raises:
        InputError: Nothing of the window may be edited, or a sequence is N alone where
            the share of G and C has a range.

    Attributes:
        editable: bool (position,), of the window that the model reads.
        start: Where the window begins in the sequences.
    """

    def __init__(
        self,
        model: keras.Model,
        goal: Goal,
        given: Explained,
        constraints: Constraints,
        min_gain: float,
        batch_size: int,
    ) -> None:
        self.model, self.goal, self.given = model, goal, given
        self.constraints, self.min_gain = constraints, min_gain
        self.batch_size = batch_size
        self.start = given.start
        size = given.codes.shape[1]
        self._window = slice(self.start, self.start + size)
        self.editable = constraints.editable(given.whole.shape[1])[self._window]
        if not self.editable.any():
            raise InputError(
                "Expected a position to edit in the window that the model reads, "
                f"{self.start} to {self.start + size}. Received: keep= of all of it."
            )
        constraints.refuse_unknown(given.whole)
        self._values = TargetValues(model, goal.targets, batch_size)

    def starts(self) -> list[State]:
        """The sequences to begin with."""
        whole = self.given.whole
        scores = self.scores(self.values(whole, np.arange(len(whole))))
        violations = self.constraints.violations(whole)
        return [
            State(codes, float(score), float(score), int(violation))
            for codes, score, violation in zip(whole, scores, violations, strict=True)
        ]

    def values(self, codes: Codes, rows: Any) -> Values:
        """float32 (sequence, target) of sequences made of these starts."""
        return self._values(self.window(codes), self.inputs(rows))

    def scores(self, values: Values) -> Scores:
        """float64 (...) of targets (..., target)."""
        found: Scores = np.asarray(self.goal(values.astype(np.float64)))
        return found

    def window(self, codes: Codes) -> Codes:
        """What the model reads of whole sequences."""
        return np.ascontiguousarray(codes[:, self._window])

    def inputs(self, rows: Any) -> Inputs:
        """What the model reads beside sequences made of these starts."""
        return {name: array[rows] for name, array in self.given.inputs.items()}

    def allowed(
        self, codes: Codes, violations: npt.NDArray[np.int_]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
        """Which substitutions in the window may be made, and what is wrong behind them.

        Of a sequence that is not as it has to be, those that bring it closer.

        Args:
            codes: uint8 (sequence, position), whole.
            violations: Of each of them, (sequence,).

        Returns:
            Two arrays (sequence, position, 4).
        """
        after = self.constraints.violations_after(codes)[:, self._window]
        found = (after == 0) | (after < violations[:, None, None])
        found &= self.editable[:, None]
        found &= self.window(codes)[..., None] != _BASES
        return found, after


class EverySubstitution:
    """Proposes the best substitutions of each sequence, of all that there are.

    Args:
        problem: What is designed.
        width: How many children of each.
    """

    def __init__(self, problem: Problem, width: int) -> None:
        self._problem, self._width = problem, width
        self._substitutions = substitutions(
            problem.model,
            problem.goal.targets,
            batch_size=problem.batch_size,
        )
        editable = np.flatnonzero(problem.editable)
        self._region = (int(editable[0]), int(editable[-1]) + 1)

    def __call__(self, step: int, parents: Sequence[Numbered]) -> Iterator[Numbered]:
        """The children."""
        size = self._region[1] - self._region[0]
        values = size * len(ALPHABET) * len(self._problem.goal.targets)
        for some in slices(len(parents), max(1, _VALUES_AT_ONCE // values)):
            yield from self._of(step, parents[some])

    def _of(self, step: int, parents: Sequence[Numbered]) -> Iterator[Numbered]:
        problem, (first, last) = self._problem, self._region
        rows = np.array([row for row, _ in parents])
        codes = np.stack([state.codes for _, state in parents])
        values = self._substitutions(
            problem.window(codes), first, last, problem.inputs(rows)
        )
        scores = problem.scores(values)
        now = np.array([state.violations for _, state in parents])
        allowed, after = problem.allowed(codes, now)
        allowed, after = allowed[:, first:last], after[:, first:last]
        begin = problem.start + first
        starts = problem.given.whole[rows]
        differs = (codes != starts)[:, begin : begin + last - first, None]
        distance = (codes != starts).sum(axis=1)[:, None, None] - differs
        distance = distance + (starts[:, begin : begin + last - first, None] != _BASES)
        worth = scores - problem.min_gain * distance
        for number, (row, state) in enumerate(parents):
            state.is_open = False
            places = np.flatnonzero(allowed[number])
            wrong, worths = after[number].flat[places], worth[number].flat[places]
            best = np.lexsort((-worths, wrong))[: self._width]
            for flat in places[best]:
                place, base = divmod(int(flat), len(ALPHABET))
                changed = state.codes.copy()
                changed[begin + place] = base
                yield (
                    row,
                    state.child(
                        changed,
                        step,
                        float(scores[number, place, base]),
                        float(worth[number, place, base]),
                        int(after[number, place, base]),
                    ),
                )
