"""A goal, and sequences to begin with -> sequences that reach it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from zoo.errors import InputError, check_at_least, check_choice, check_whole
from zoo.interpretation.explained import explained
from zoo.interpretation.sequence_design.constraints import Constraints
from zoo.interpretation.sequence_design.evolution import Evolution
from zoo.interpretation.sequence_design.goals import Goal, GoalLike
from zoo.interpretation.sequence_design.proposals import EverySubstitution, Problem
from zoo.interpretation.sequence_design.results import Designs
from zoo.interpretation.sequence_design.search import Propose, State, search
from zoo.models.interface import input_length
from zoo.prediction.lengths import Lengths

METHODS = ("greedy", "beam", "evolution")


def design(
    model: keras.Model,
    goal: GoalLike,
    *,
    sequences: Any = None,
    num_sequences: int | None = None,
    sequence_length: int | None = None,
    reduction: str | None = None,
    method: str = "greedy",
    max_edits: int | None = 10,
    min_gain: float = 0.001,
    beam_width: int = 8,
    population: int = 16,
    generations: int = 50,
    keep: Sequence[tuple[int, int]] = (),
    gc: tuple[float, float] | None = None,
    forbidden: Sequence[str] = (),
    max_homopolymer: int | None = None,
    window: int | str | None = None,
    seed: int = 0,
    batch_size: int = 256,
    advance: Callable[[int], object] = lambda count: None,
) -> Designs:
    """Edits sequences, base by base, until a model's outputs are what they should be.

    The goal is a score, see `zoo.interpretation.sequence_design.goals.Goal`. Each
    sequence is designed by itself, all of them side by side.

    "greedy" makes the edit that raises the score most, of all there are, again and
    again. "beam" keeps the `beam_width` best sequences instead of one, so that an edit
    that pays only with another one is found. Both compute each substitution exactly, by
    `zoo.saturation_mutagenesis`. "evolution" does not: from a population it draws
    children with a few edits each, those that the gradient of the score favors more
    often, predicts them, and keeps the best. A generation costs `population` gradients
    and predictions, however long the sequences are.

    Sequences that are not as the constraints say are mended first, by the edits that
    cost the score least, which count.

    Args:
        model: As `zoo.predict` takes it.
        goal: The name of an output to raise, "tf_1"; weights by name to raise and to
            lower several, {"tf_1": 1, "tf_2": -1}; or values,
            {"tf_1": zoo.interpretation.Reach(2.0)}. They are the model's own outputs,
            logits as a rule; see `zoo.interpretation.targets.targets_of` for classes.
        sequences: To begin with, as `zoo.predict` takes them, of one length.
        num_sequences: How many random ones to begin with, instead.
        sequence_length: Of random ones, in bp; by default what the model was trained
            on.
        reduction: Of the bins of a profile.
        method: "greedy", "beam" or "evolution".
        max_edits: In how many positions a design may differ from its start; greedy and
            beam make no more steps. None for as many as pay.
        min_gain: What each of these positions has to add to the score.
        beam_width: Sequences kept of each start, by "beam".
        population: Sequences kept of each start, and children in each generation, by
            "evolution".
        generations: Of "evolution".
        keep: Intervals (start, end) of the sequences that stay as they are, from 0 and
            half-open.
        gc: Least and largest share of G and C, (0.4, 0.6).
        forbidden: Sites that no design may have on either strand, in IUPAC letters:
            ["GGTCTC", "GAAGAC"].
        max_homopolymer: Longest run of one base.
        window: As in `zoo.predict`: the bp in the middle of longer sequences that the
            model reads, and that are edited.
        seed: Of random sequences and of "evolution". Each sequence has a generator of
            its own, by its number.
        batch_size: Sequences per batch.
        advance: Called with 1 after each round, to show how far it is.

    Returns:
        The designs, in the order of the sequences, with the history of every edit.

    Raises:
        InputError: No such output or goal, sequences or intervals that do not fit, or
            constraints that the edits cannot meet.

    Warns:
        UserWarning: Sequences are longer than the window, or of another length than in
            training.

    Source:
        Greedy and beam: Schreiber 2026, tangermeme, doi:10.1038/s41592-026-03254-z,
        `greedy_substitution` and `beam_substitution`; there each position costs four
        predictions. Evolution: proposals as in Grathwohl et al. 2021, arXiv:2102.04509,
        equation 6, by first-order differences of a discrete input, of which the best
        are kept instead of accepted by chance.
    """
    check_choice("method", method, METHODS)
    check_at_least(0, min_gain=min_gain)
    check_whole(0, seed=seed)
    check_whole(
        1,
        max_edits=max_edits,
        beam_width=beam_width,
        population=population,
        generations=generations,
    )
    constraints = Constraints(keep, gc, forbidden, max_homopolymer)
    aim = Goal(model, goal, reduction)
    if sequences is None:
        length = _length(model, sequence_length, window)
        check_whole(1, num_sequences=num_sequences or 0)
        sequences = constraints.random(num_sequences or 0, length, seed)
    elif num_sequences is not None or sequence_length is not None:
        raise InputError(
            "Expected sequences=, or num_sequences= of random ones. Received: both."
        )
    given = explained(model, sequences, window)
    problem = Problem(model, aim, given, constraints, min_gain, batch_size)
    starts = problem.starts()
    width = {"greedy": 1, "beam": beam_width, "evolution": population}[method]
    propose: Propose
    if method == "evolution":
        propose = Evolution(problem, starts, population, max_edits, seed)
    else:
        propose = EverySubstitution(problem, width)
    steps = generations if method == "evolution" else max_edits
    found = search(starts, propose, width=width, steps=steps, advance=advance)
    _refuse_violations(found, constraints, max_edits)
    return _designs(problem, starts, found)


def _length(
    model: keras.Model, sequence_length: int | None, window: int | str | None
) -> int:
    """Of random sequences."""
    check_whole(1, sequence_length=sequence_length)
    known = sequence_length or input_length(model) or Lengths(model, window).window
    if known is None:
        raise InputError(
            "Expected sequence_length=, as the model takes any. Received: none."
        )
    return known


def _refuse_violations(
    found: Sequence[State], constraints: Constraints, max_edits: int | None
) -> None:
    wrong = [row for row, state in enumerate(found) if state.violations]
    if wrong:
        said = constraints.said(found[wrong[0]].codes)
        others = f" ({len(wrong):,} of {len(found):,} are left so)" * (len(wrong) > 1)
        raise InputError(
            "Expected constraints that edits of single bases, as many as max_edits= "
            f"and where keep= leaves room, can meet. Received: max_edits={max_edits}, "
            f"and sequence {wrong[0] + 1} is left with {said}{others}."
        )


def _designs(
    problem: Problem, starts: Sequence[State], found: Sequence[State]
) -> Designs:
    """With values that are predicted in full."""
    rows = np.arange(len(found))
    codes = np.stack([state.codes for state in found])
    start_values, values = (
        problem.values(some, rows) for some in (problem.given.whole, codes)
    )
    return Designs(
        codes,
        problem.given.whole,
        problem.goal.targets.names,
        values,
        start_values,
        problem.scores(values),
        problem.scores(start_values),
        tuple(state.edits for state in found),
    )
