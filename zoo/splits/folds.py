"""Cross-validation: each example is held out once, with its relatives."""

from __future__ import annotations

import numpy as np

from zoo.data.examples import Examples
from zoo.errors import InputError
from zoo.splits.homology import clusters, equal_sequences
from zoo.splits.placement import placed, strata
from zoo.splits.splits import Splits


def cross_validation(
    examples: Examples,
    folds: int = 5,
    *,
    seed: int,
    similarity: float | None = 0.8,
    stratify: bool = True,
) -> list[Splits]:
    """Splits in each of which another part of the examples is held out.

    Args:
        examples: To split; a test set is kept apart before.
        folds: How many.
        seed: Of the order.
        similarity: From which two sequences are near duplicates, which stay together;
            see `zoo.splits.split_by_homology`. None keeps equal sequences and reverse
            complements together only, which is faster.
        stratify: As in `zoo.splits.split_at_random`.

    Returns:
        `folds` splits: `valid` is the part held out, `train` the others, `test` empty.

    Raises:
        InputError: Fewer than two folds, or fewer groups of relatives than folds.
    """
    if folds < 2:
        raise InputError(f"Expected at least 2 folds. Received: {folds}")
    groups = (
        equal_sequences(examples)
        if similarity is None
        else clusters(examples, similarity=similarity)
    )
    shares = np.full(folds, 1 / folds)
    places = placed(groups, strata(examples, stratify), shares, seed)
    if len(np.unique(places)) < folds:
        raise InputError(
            f"{examples.source}: expected examples for each of {folds} folds. "
            f"Received: {len(np.unique(groups)):,} groups of relatives. Use fewer "
            "folds, or a higher similarity."
        )
    nothing = examples.subset(np.zeros(len(examples), bool))
    return [
        Splits(
            examples.subset(places != fold), examples.subset(places == fold), nothing
        )
        for fold in range(folds)
    ]
