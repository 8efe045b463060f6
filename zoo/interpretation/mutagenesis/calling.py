"""Sequences -> what their substitutions, indels and pairs of substitutions do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from zoo.interpretation.explained import explained
from zoo.interpretation.mutagenesis.changing import Changing
from zoo.interpretation.mutagenesis.results import (
    IndelMutagenesis,
    Mutagenesis,
    PairwiseMutagenesis,
)


def saturation_mutagenesis(
    model: keras.Model,
    sequences: Any,
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    start: int | None = None,
    end: int | None = None,
    window: int | str | None = None,
    method: str = "auto",
    batch_size: int = 256,
) -> Mutagenesis:
    """Computes what each substitution of a base does to a model's outputs.

    Args:
        model: As `zoo.predict` takes it.
        sequences: As `zoo.predict` takes them, of one length.
        outputs: Names of those to look at; see `zoo.interpretation.targets.targets_of`,
            which also says what an output of a class is. None for all, where that is
            clear.
        reduction: Of the bins of a profile: "sum", "mean", "max", "center" or
            "profile".
        start: First position to change, from 0 in the sequences as they are given; None
            for the first that the model reads.
        end: One past the last; None for all.
        window: As in `zoo.predict`: bp that longer sequences are cut to.
        method: "auto" recomputes only what a substitution reaches, layer by layer;
            "full" computes each changed sequence. The values are the same but for
            their last bits.
        batch_size: Sequences per batch; fewer for sequences of more than 2 kb.

    Returns:
        The values, (sequence, position, base, target), with effects and contributions.

    Raises:
        InputError: Sequences, outputs or positions that do not fit the model.

    Warns:
        UserWarning: Sequences are cut, or of another length than in training.

    Source:
        Zhou and Troyanskaya 2015, doi:10.1038/nmeth.3547, "in silico saturated
        mutagenesis", of log odds; here of the model's own output.
    """
    given = explained(model, sequences, window)
    changing = Changing(
        model, outputs, reduction=reduction, method=method, batch_size=batch_size
    )
    return changing.substitutions(given, start, end)


def indel_mutagenesis(
    model: keras.Model,
    sequences: Any,
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    start: int | None = None,
    end: int | None = None,
    window: int | str | None = None,
    batch_size: int = 256,
) -> IndelMutagenesis:
    """Computes what a base less, and a base more, does to a model's outputs.

    Sequences keep their length. The half of a sequence that the change lies in moves,
    the right one where it is in the middle, and at its end a base enters or leaves.
    What enters is the base beside the window in the sequences as they are given, where
    they are longer, as of a genome; else N. So the two strands give one answer of a
    model that is the same for both, but for changes in the middle.

    Args:
        model: As in `saturation_mutagenesis`; so are all others. It reads no values
            along the sequence, which a base that is inserted has not.
        sequences: With a base more on each side of the window, nothing is N.
        outputs: Names of those to look at.
        reduction: Of the bins of a profile.
        start: First position to delete, and to insert before.
        end: One past the last.
        window: bp that longer sequences are cut to.
        batch_size: Sequences per batch.

    Returns:
        The values of deletions, (sequence, position, target), and of insertions,
        (sequence, position, base, target), with their effects.

    Raises:
        InputError: As `saturation_mutagenesis`.

    Warns:
        UserWarning: As `saturation_mutagenesis`.
    """
    given = explained(model, sequences, window)
    changing = Changing(
        model, outputs, reduction=reduction, method="full", batch_size=batch_size
    )
    return changing.indels(given, start, end)


def pairwise_mutagenesis(
    model: keras.Model,
    sequences: Any,
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    start: int | None = None,
    end: int | None = None,
    window: int | str | None = None,
    method: str = "auto",
    batch_size: int = 256,
) -> PairwiseMutagenesis:
    """Computes what two substitutions do together and not one by one.

    f(i, j) - f(i) - f(j) + f, with f an output and i, j two substitutions: 0 where they
    add up. Of R positions it takes some 9 R^2 / 2 sequences: give a region.

    Args:
        model: As in `saturation_mutagenesis`; so are all others.
        sequences: Of one length.
        outputs: Names of those to look at.
        reduction: Of the bins of a profile.
        start: First position of the region.
        end: One past the last.
        window: bp that longer sequences are cut to.
        method: "auto" or "full".
        batch_size: Sequences per batch.

    Returns:
        The interactions, (sequence, position, base, position, base, target), with the
        map of dependencies, (sequence, position, position, target).

    Raises:
        InputError: As `saturation_mutagenesis`.

    Warns:
        UserWarning: As `saturation_mutagenesis`.

    Source:
        The map: after Tomaz da Silva et al. 2024, doi:10.1101/2024.07.27.605418, who
        take the largest change of a base's log odds in a language model; here it is the
        largest interaction of an output.
    """
    given = explained(model, sequences, window)
    changing = Changing(
        model, outputs, reduction=reduction, method=method, batch_size=batch_size
    )
    return changing.pairs(given, start, end)
