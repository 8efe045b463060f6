"""What the sites of motifs do in the sequences that have them: taken out of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import keras
import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, UNKNOWN, Codes
from zoo.errors import InputError, check_at_least, check_choice
from zoo.interpretation.explained import explained
from zoo.interpretation.motifs import Hits
from zoo.interpretation.mutagenesis.full import TargetValues, Values, slices
from zoo.interpretation.targets import targets_of

Replacement = Literal["background", "shuffled"]
_SITES_AT_ONCE = 1024


@dataclass(frozen=True, eq=False, repr=False)
class Ablation:
    """Targets without sites, as `ablate` has them.

    Attributes:
        values: float32 (site, target): mean of the sequences without that one site.
        reference: float32 (site, target): of the sequences with all.
        names: Of the targets.
    """

    values: Values
    reference: Values
    names: tuple[str, ...]

    @property
    def effects(self) -> Values:
        """float32 (site, target): reference - values, what the site does."""
        return self.reference - self.values

    def __repr__(self) -> str:
        return f"Ablation({len(self.values):,} sites, targets {', '.join(self.names)})"


def ablate(
    model: keras.Model,
    sequences: Any,
    hits: Hits,
    *,
    by: Replacement = "background",
    num_replacements: int = 10,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    window: int | str | None = None,
    batch_size: int = 256,
    seed: int = 0,
) -> Ablation:
    """What each site of a motif does where it is: the target with it - without it.

    Args:
        model: Any that `zoo.predict` takes.
        sequences: As `zoo.predict` takes them, of one length.
        hits: Sites in them, as `zoo.motifs.find_hits` gives them.
        by: What a site's bases are replaced by: "background", bases drawn as often as
            the sequence has them, or "shuffled", its own in another order, which leaves
            a site of one base as it is.
        num_replacements: Drawn of each site; the mean of their targets is taken.
        outputs: As in `zoo.interpretation.targets.targets_of`.
        reduction: As there.
        window: As in `zoo.predict`. Sites that lie outside have no effect, NaN.
        batch_size: Sequences per batch.
        seed: Of the replacements.

    Raises:
        InputError: Sites of other sequences, no such output, or as `targets_of`.

    Source:
        Ablation as in tangermeme (Schreiber 2025). Deviation: one site at a time, and
        replaced alone, not with all between the first and the last of a sequence.
    """
    check_choice("by", by, get_args(Replacement))
    check_at_least(1, num_replacements=num_replacements)
    targets = targets_of(model, outputs, reduction=reduction)
    compute = TargetValues(model, targets, batch_size)
    given = explained(model, sequences, window)
    codes = given.codes
    if len(hits) and hits.sequence.max() >= len(codes):
        raise InputError(
            f"Expected sites of {len(codes):,} sequences. Received: one of sequence "
            f"{hits.sequence.max():,}, counted from 0."
        )
    starts, ends = hits.start - given.start, hits.end - given.start
    inside = np.flatnonzero((starts >= 0) & (ends <= codes.shape[1]))
    reference = compute(codes, given.inputs)
    values = np.full((len(hits), len(targets)), np.nan, np.float32)
    generator = np.random.default_rng(seed)
    for some in slices(len(inside), max(1, _SITES_AT_ONCE // num_replacements)):
        sites = inside[some]
        rows = hits.sequence[sites]
        changed = np.repeat(codes[rows], num_replacements, axis=0)
        for number, site in enumerate(sites):
            part = slice(number * num_replacements, (number + 1) * num_replacements)
            place = slice(int(starts[site]), int(ends[site]))
            changed[part, place] = _drawn(
                codes[rows[number]], place, by, num_replacements, generator
            )
        repeated = np.repeat(rows, num_replacements)
        named = {name: array[repeated] for name, array in given.inputs.items()}
        found = compute(changed, named).reshape(len(sites), num_replacements, -1)
        values[sites] = found.mean(axis=1)
    own = np.where(np.isnan(values), np.nan, reference[hits.sequence])
    return Ablation(values, own.astype(np.float32), targets.names)


def _drawn(
    codes: Codes,
    place: slice,
    by: Replacement,
    count: int,
    generator: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """uint8 (count, width): what stands in the place of a site."""
    site = codes[place]
    if by == "shuffled":
        return generator.permuted(np.tile(site, (count, 1)), axis=1)
    counts = np.bincount(codes, minlength=UNKNOWN + 1)[:UNKNOWN] + 1e-9
    shape = (count, len(site))
    drawn = generator.choice(len(ALPHABET), shape, p=counts / counts.sum())
    return drawn.astype(np.uint8)
