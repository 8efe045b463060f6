"""Tasks for models, made of grammars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError
from zoo.interpretation.motifs import UNIFORM, Motif
from zoo.interpretation.simulation.arrangement import Arrangement
from zoo.interpretation.simulation.simulator import Grammar, Simulation, simulate

NEGATIVES = ("distance", "missing", "background")


def two_motifs(
    first: Motif,
    second: Motif,
    distance: int | Sequence[int],
    *,
    num_sequences: int,
    sequence_length: int,
    negatives: Sequence[str] = ("distance", "missing"),
    other_distances: Sequence[int] | None = None,
    strands: str = "+",
    background: npt.ArrayLike = UNIFORM,
    seed: int = 0,
) -> Simulation:
    """Sequences to be told apart by the distance of two motifs.

    Positives (label 1) hold both motifs at the distance, on either strand of the
    sequence. Negatives (label 0) are, in equal numbers,

        "distance": both motifs as well, at another distance: neither motif nor
            both together tell them apart, only their arrangement does,
        "missing": one of the two, half of them the first and half the second,
        "background": none.

    Args:
        first: Motif on the left.
        second: Motif on the right.
        distance: In bp from the end of the first to the start of the second, or
            several of which one is drawn for each sequence, e.g. range(15, 26).
        num_sequences: In all; half are positives. At least 2 for each kind of
            negatives, twice.
        sequence_length: Length of every sequence in bp.
        negatives: Kinds of negatives.
        other_distances: Those of "distance" negatives. By default all from 0 to
            2 * (largest distance + 5) that fit into the sequence and are not a
            `distance`.
        strands: Of the two motifs towards each other, as in `Arrangement`.
        background: As in `simulate`.
        seed: One seed gives one simulation.

    Returns:
        The sequences in random order; the names in `grammars` are "positive",
        "distance", "missing first", "missing second" and "background".

    Raises:
        InputError: A distance that does not fit into the sequence, other distances
            that are none, other kinds, or too few sequences.
    """
    right = (distance,) if isinstance(distance, int | np.integer) else tuple(distance)
    kinds = dict.fromkeys(negatives)
    if not kinds or not kinds.keys() <= set(NEGATIVES):
        raise InputError(
            f"Expected kinds of negatives out of {NEGATIVES}. Received: {negatives!r}."
        )
    if num_sequences < 4 * len(kinds):
        raise InputError(
            f"Expected at least {4 * len(kinds)} sequences for {len(kinds)} kinds of "
            f"negatives. Received: num_sequences={num_sequences}."
        )
    pair = Arrangement([first, second], [right], strands=strands)
    grammars = [Grammar("positive", 1, (pair,))]
    counts = [num_sequences // 2]
    for index, kind in enumerate(kinds):
        # What does not divide goes to the first kinds.
        rest = num_sequences - counts[0]
        number = rest // len(kinds) + (index < rest % len(kinds))
        if kind == "distance":
            widths = first.width + second.width
            others = _other_distances(right, other_distances, sequence_length - widths)
            wrong = Arrangement([first, second], [others], strands=strands)
            added = [Grammar("distance", 0, (wrong,))]
        elif kind == "missing":
            added = [
                Grammar("missing first", 0, (Arrangement(second),)),
                Grammar("missing second", 0, (Arrangement(first),)),
            ]
        else:
            added = [Grammar("background", 0)]
        grammars += added
        counts += [number // len(added)] * (len(added) - 1)
        counts += [number - number // len(added) * (len(added) - 1)]
    return simulate(grammars, counts, sequence_length, background=background, seed=seed)


def _other_distances(
    right: tuple[int, ...], given: Sequence[int] | None, room: int
) -> tuple[int, ...]:
    """The wrong distances: those given, or all around the right ones that fit."""
    if given is None:
        largest = min(2 * (max(right) + 5), room)
        others = tuple(d for d in range(largest + 1) if d not in set(right))
    else:
        others = tuple(given)
    if not others or set(others) & set(right):
        raise InputError(
            "Expected other distances that are none of the right ones, and at least "
            f"one that fits into the sequence. Received: other_distances={given!r}, "
            f"distance={right!r}, room for {room} bp between the motifs."
        )
    return others
