"""Children of sequences: drawn by the gradient, then predicted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes
from zoo.interpretation.contributions.differentiation import compiled
from zoo.interpretation.contributions.gradients import (
    CHOICE,
    POSITION,
    SEQUENCE,
    WEIGHT,
    GradientStep,
)
from zoo.interpretation.mutagenesis.full import slices
from zoo.interpretation.sequence_design.proposals import Problem
from zoo.interpretation.sequence_design.search import Numbered, State

# Of the logits of edits: in standard deviations of what all of them are taken to do.
_TEMPERATURE = 0.5
_MORE_EDITS = 1.0  # in the mean, beside one
_TINY = 1e-12


class Evolution:
    """Proposes sequences with a few edits each.

    An edit of a parent x to base b in position i is drawn in proportion to

        exp((g[i, b] - g[i, x_i]) / (T s))

    with g the gradient of the score in one-hot x, s the standard deviation of these
    differences over all edits that may be made, and T = 0.5. A child has 1 + Poisson(1)
    of them, in different positions. Beyond the budget, other positions go back to what
    they were in the beginning.

    Args:
        problem: What is designed.
        starts: Where it begins.
        population: How many children of each start.
        max_edits: In how many positions a child may differ from its start.
        seed: Each start has a generator of its own, by its number.
    """

    def __init__(
        self,
        problem: Problem,
        starts: Sequence[State],
        population: int,
        max_edits: int | None,
        seed: int,
    ) -> None:
        self._problem, self._population = problem, population
        self._budget = max_edits or len(starts[0].codes)
        self._starts = [start.codes for start in starts]
        self._random = [
            np.random.default_rng([seed, row, 1]) for row in range(len(starts))
        ]
        step = GradientStep(
            problem.model, problem.goal.as_targets(), problem.given.codes.shape[1]
        )
        self._gradient = compiled(problem.model, step)

    def __call__(self, step: int, parents: Sequence[Numbered]) -> Iterator[Numbered]:
        """The children that are no further from what they have to be."""
        self._look([each for each in parents if each[1].effects is None])
        members: dict[int, list[State]] = {}
        for row, state in parents:
            members.setdefault(row, []).append(state)
        drawn = []
        for row, states in members.items():
            for _ in range(self._population):
                parent = states[self._random[row].integers(len(states))]
                codes = self._changed(row, parent)
                if codes is not None:
                    drawn.append((row, parent, codes))
        if not drawn:
            return
        problem = self._problem
        rows = np.array([row for row, _, _ in drawn])
        codes = np.stack([codes for _, _, codes in drawn])
        violations = problem.constraints.violations(codes)
        before = np.array([parent.violations for _, parent, _ in drawn])
        fitting = np.flatnonzero((violations == 0) | (violations < before))
        scores = problem.scores(problem.values(codes[fitting], rows[fitting]))
        for number, score in zip(fitting, scores, strict=True):
            row, parent, changed = drawn[number]
            distance = int((changed != self._starts[row]).sum())
            worth = float(score) - problem.min_gain * distance
            wrong = int(violations[number])
            yield row, parent.child(changed, step, float(score), worth, wrong)

    def _look(self, new: Sequence[Numbered]) -> None:
        """Computes what edits of sequences are taken to do, as logits."""
        problem = self._problem
        for some in slices(len(new), problem.batch_size):
            states = [state for _, state in new[some]]
            codes = np.stack([state.codes for state in states])
            effects = self._effects(codes, np.array([row for row, _ in new[some]]))
            now = np.array([state.violations for state in states])
            allowed, _ = problem.allowed(codes, now)
            for state, effect, may in zip(states, effects, allowed, strict=True):
                scale = max(float(effect[may].std()) if may.any() else 0.0, _TINY)
                state.effects = np.where(may, effect / (_TEMPERATURE * scale), -np.inf)

    def _effects(
        self, codes: Codes, rows: npt.NDArray[np.int_]
    ) -> npt.NDArray[np.float32]:
        """float32 (sequence, position, 4): first-order differences of the score."""
        problem = self._problem
        # One shape, as each is compiled.
        size = min(problem.batch_size, len(self._starts) * self._population)
        padded = np.resize(np.arange(len(rows)), size)
        one = np.ones(size, np.float32)
        found = self._gradient(
            {
                SEQUENCE: problem.window(codes)[padded],
                **{f"input_{n}": x for n, x in problem.inputs(rows[padded]).items()},
                POSITION: one,
                WEIGHT: one,
                CHOICE: np.ones(1, np.float32),
            }
        )
        effects = found["hypothetical"][: len(rows)]
        own = np.take_along_axis(
            np.pad(effects, ((0, 0), (0, 0), (0, 1))),  # of N the mean, which is 0
            problem.window(codes)[..., None].astype(np.int64),
            axis=2,
        )
        difference: npt.NDArray[np.float32] = effects - own
        return difference

    def _changed(self, row: int, parent: State) -> Codes | None:
        """A child; None where there is no edit to make."""
        logits, random = parent.effects, self._random[row]
        assert logits is not None
        noisy = logits + random.gumbel(size=logits.shape)
        bases = noisy.argmax(axis=1)
        best = noisy.max(axis=1)
        count = min(
            1 + random.poisson(_MORE_EDITS), int(np.isfinite(best).sum()), self._budget
        )
        if not count:
            return None
        places = np.argsort(-best, kind="stable")[:count]
        codes = parent.codes.copy()
        codes[self._problem.start + places] = bases[places]
        different = codes != self._starts[row]
        excess = int(different.sum()) - self._budget
        if excess > 0:
            different[self._problem.start + places] = False
            back = random.choice(np.flatnonzero(different), excess, replace=False)
            codes[back] = self._starts[row][back]
        return codes
