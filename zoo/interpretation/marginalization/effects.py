"""What a motif does to a model's targets, and what two do together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.dna import reverse_complement
from zoo.errors import InputError
from zoo.interpretation.explained import explained
from zoo.interpretation.marginalization.insertion import inserted, letters_of
from zoo.interpretation.motifs import Motif
from zoo.interpretation.mutagenesis.full import TargetValues, Values
from zoo.interpretation.targets import targets_of

#: Of two motifs, the first on the left: the strands on which they are read.
ORIENTATIONS = ("++", "+-", "-+", "--")


@dataclass(frozen=True, eq=False, repr=False)
class MotifEffects:
    """Targets of sequences with each motif in their middle, as `marginalize` has them.

    Attributes:
        motifs: What was inserted, in letters, by name.
        values: float32 (motif, sequence, target).
        reference: float32 (sequence, target), of the sequences as they are.
        names: Of the targets.
    """

    motifs: Mapping[str, str]
    values: Values
    reference: Values
    names: tuple[str, ...]

    @property
    def effects(self) -> Values:
        """float32 (motif, sequence, target): values - reference."""
        return self.values - self.reference

    @property
    def mean(self) -> Values:
        """float32 (motif, target): the mean effect, of all sequences."""
        found: Values = self.effects.mean(axis=1)
        return found

    def __repr__(self) -> str:
        return (
            f"MotifEffects({len(self.motifs):,} motifs in {len(self.reference):,} "
            f"sequences, targets {', '.join(self.names)})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class MotifPairs:
    """Mean effects of two motifs, side by side and alone, as `motif_pairs` has them.

    Attributes:
        gaps: int64 (gap,): bp between the two.
        joint: float32 (orientation, gap, target): of both, in the order of
            `ORIENTATIONS`.
        alone: float32 (motif, orientation, gap, target): of the first, and of the
            second, where it stands in the pair.
        names: Of the targets.
    """

    gaps: npt.NDArray[np.int64]
    joint: Values
    alone: Values
    names: tuple[str, ...]

    @property
    def interaction(self) -> Values:
        """float32 (orientation, gap, target): joint effect - sum of those alone."""
        found: Values = self.joint - self.alone.sum(axis=0)
        return found

    def __repr__(self) -> str:
        return (
            f"MotifPairs(gaps {self.gaps.min()} to {self.gaps.max()} bp, targets "
            f"{', '.join(self.names)})"
        )


def marginalize(
    model: keras.Model,
    motifs: Mapping[str, str | Motif],
    sequences: Any,
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    window: int | str | None = None,
    batch_size: int = 256,
) -> MotifEffects:
    """What motifs do to a model's outputs, whatever is around them.

    Each is put into the middle of every sequence. The mean of the differences that this
    makes is its effect: what else the sequences hold averages out.

    Args:
        model: Any that `zoo.predict` takes.
        motifs: By name: letters, inserted as they are, or motifs, whose consensus is.
        sequences: Backgrounds, as `zoo.predict` takes them, of one length: such as
            `zoo.splits.shuffled` ones, or of `zoo.motifs.simulate_background`.
        outputs: As in `zoo.interpretation.targets.targets_of`.
        reduction: As there.
        window: As in `zoo.predict`.
        batch_size: Sequences per batch.

    Raises:
        InputError: No motif or one longer than the sequences, no such output, or as
            `targets_of`.

    Source:
        Global importance analysis: Koo et al. 2021, doi:10.1371/journal.pcbi.1008925;
        marginalization as in tangermeme (Schreiber 2025), whose motifs begin one base
        to the left where width and length are not both odd or both even.
    """
    targets = targets_of(model, outputs, reduction=reduction)
    compute = TargetValues(model, targets, batch_size)
    given = explained(model, sequences, window)
    texts = letters_of(motifs, given.codes.shape[1])
    values = [
        compute(inserted(given.codes, text), given.inputs) for text in texts.values()
    ]
    reference = compute(given.codes, given.inputs)
    return MotifEffects(texts, np.stack(values), reference, targets.names)


def motif_pairs(
    model: keras.Model,
    first: str | Motif,
    second: str | Motif,
    sequences: Any,
    *,
    gaps: Sequence[int] = tuple(range(0, 31)),
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    window: int | str | None = None,
    batch_size: int = 256,
) -> MotifPairs:
    """What two motifs do together: how far apart, and how they are turned.

    The first lies on the left, the pair in the middle of every sequence, each motif as
    it is read ("+") or as its reverse complement ("-"). The pair of "--" is that of
    "++" in the other order, seen from the other strand.

    Args:
        model: As in `marginalize`.
        first: Letters, or a motif, whose consensus is inserted.
        second: Likewise.
        sequences: As in `marginalize`.
        gaps: bp between them, 0 or more.
        outputs: As in `marginalize`.
        reduction: As in `marginalize`.
        window: As in `marginalize`.
        batch_size: Sequences per batch.

    Raises:
        InputError: No gap or a negative one, an empty motif, pairs longer than the
            sequences, or as `marginalize`.

    Source:
        As `marginalize`; spacing and orientation: Avsec et al. 2021,
        doi:10.1038/s41588-021-00782-6, whose pairs are not moved to the middle.
    """
    distances = np.asarray(gaps)
    if distances.dtype.kind not in "iu" or distances.ndim != 1 or not distances.size:
        raise InputError(f"Expected gaps in whole bp. Received: gaps={gaps!r}")
    if distances.min() < 0:
        raise InputError(
            f"Expected gaps of 0 bp or more. Received: {distances.min()}. Swap the "
            "motifs for the other order."
        )
    targets = targets_of(model, outputs, reduction=reduction)
    compute = TargetValues(model, targets, batch_size)
    given = explained(model, sequences, window)
    length = given.codes.shape[1]
    pair = list(letters_of({"first": first, "second": second}, length).values())
    if not all(pair):
        raise InputError(
            "Expected two motifs of at least one base. Received: "
            f"first={pair[0]!r}, second={pair[1]!r}. marginalize takes one alone."
        )
    wide = sum(map(len, pair)) + int(distances.max())
    if wide > length:
        raise InputError(
            f"Expected pairs of at most {length} bp, the length of the sequences. "
            f"Received: {wide} bp, with a gap of {distances.max()}."
        )

    def mean(codes: npt.NDArray[np.uint8]) -> Values:
        found: Values = compute(codes, given.inputs).mean(axis=0)
        return found

    reference = mean(given.codes)
    shape = (len(ORIENTATIONS), len(distances), len(targets))
    joint, alone = np.empty(shape, np.float32), np.empty((2, *shape), np.float32)
    for row, strands in enumerate(ORIENTATIONS):
        texts = [
            text if strand == "+" else reverse_complement(text)
            for text, strand in zip(pair, strands, strict=True)
        ]
        for column, gap in enumerate(distances.tolist()):
            start = length // 2 - (sum(map(len, pair)) + gap) // 2
            starts = (start, start + len(texts[0]) + gap)
            both = given.codes
            for number, (text, place) in enumerate(zip(texts, starts, strict=True)):
                both = inserted(both, text, place)
                one = inserted(given.codes, text, place)
                alone[number, row, column] = mean(one) - reference
            joint[row, column] = mean(both) - reference
    return MotifPairs(distances.astype(np.int64), joint, alone, targets.names)
