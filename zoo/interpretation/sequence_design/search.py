"""The search that all methods share: who is kept of parents and children."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes
from zoo.interpretation.sequence_design.results import DesignEdit, edits_between


@dataclass(eq=False, repr=False)
class State:
    """A sequence on the way.

    Attributes:
        codes: uint8 (length,).
        score: The goal's.
        worth: The score, less what the positions that differ from the start cost.
        violations: How far it is from what it has to be.
        edits: That led to it.
        is_open: Whether there may be children that were not looked at.
        effects: What evolution knows of its substitutions, float32 (position, 4).
    """

    codes: Codes
    score: float
    worth: float
    violations: int
    edits: tuple[DesignEdit, ...] = ()
    is_open: bool = True
    effects: npt.NDArray[np.float32] | None = None

    @property
    def rank(self) -> tuple[int, float]:
        """Larger is better."""
        return -self.violations, self.worth

    def child(
        self, codes: Codes, step: int, score: float, worth: float, violations: int
    ) -> State:
        """A sequence made of this one."""
        edits = edits_between(self.codes, codes, step, score)
        return State(codes, score, worth, violations, (*self.edits, *edits))


#: A start's number, and one of the sequences made of it.
Numbered = tuple[int, State]
#: Of a step and parents: their children.
Propose = Callable[[int, Sequence[Numbered]], Iterable[Numbered]]


def search(
    starts: Sequence[State],
    propose: Propose,
    *,
    width: int,
    steps: int | None,
    advance: Callable[[int], object],
) -> list[State]:
    """Improves sequences side by side, each by itself.

    Of each start the best of parents and children are kept, those that are as they have
    to be first; no sequence is kept twice.

    Args:
        starts: To begin with.
        propose: Makes children of those that are open.
        width: How many are kept of each start.
        steps: How many rounds at most; None for as long as any is open.
        advance: Called with 1 after each round.

    Returns:
        The best of each start.
    """
    kept = [[start] for start in starts]
    seen = [{start.codes.tobytes()} for start in starts]
    step = 0
    while steps is None or step < steps:
        parents = [
            (row, state)
            for row, states in enumerate(kept)
            for state in states
            if state.is_open
        ]
        if not parents:
            break
        step += 1
        for row, child in propose(step, parents):
            key = child.codes.tobytes()
            if key not in seen[row]:
                seen[row].add(key)
                kept[row].append(child)
        for states in kept:
            states.sort(key=lambda state: state.rank, reverse=True)  # stable
            del states[width:]
        advance(1)
    return [states[0] for states in kept]
