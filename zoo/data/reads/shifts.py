"""How far ends of reads were moved by whoever wrote a file, told by the enzyme.

Tn5 and DNase I prefer some bases around the place that they cut, so that bases around
ends of reads are not those of the genome. Two properties of the preference are the same
for all experiments: it looks alike from both strands, and that of Tn5, which binds as a
dimer, is its own reverse complement, around the middle of the 9 bp that it duplicates.
So the middle of the preference is where it mirrors itself, with no table of motifs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.data.genomes.genome import Genome
from zoo.data.reads.ends import Ends, GenomePlaces
from zoo.dna import UNKNOWN
from zoo.errors import InputError

Values = npt.NDArray[np.float64]

_SAMPLE = 100_000  # ends of each strand
_LEAST = 500  # fewer tell nothing
_REACH, _FLANK = 8, 20  # bp that are compared, and that are read, on either side
_SIMILAR = 0.5  # a cosine; that of the preference of Tn5 is above 0.9
_NOISE = 16.0  # times the square that a position of so few ends has by chance


class Shift(NamedTuple):
    """By how many bp ends of the plus and of the minus strand were moved."""

    plus: int
    minus: int

    def __str__(self) -> str:
        return f"{self.plus:+}/{self.minus:+}"


#: By the assay, where the ends are to lie: in the middle of the 9 bp between the two
#: cuts of Tn5, and on the base right of the cut of DNase I, whatever the strand.
TARGETS = {"atac": Shift(4, -4), "dnase": Shift(0, 1), "chip": Shift(0, 0)}
#: What files are seen to have (ChromBPNet takes the same).
_USUAL = {
    "atac": {Shift(0, 0)} | {Shift(p, m) for p in (3, 4, 5) for m in (-4, -5, -6)},
    "dnase": {Shift(0, 0), Shift(0, 1)},
}


def found_shift(
    assay: str, ends: tuple[Ends, Ends], places: GenomePlaces, genome: Genome
) -> Shift | None:
    """By how much the ends of a file were moved already.

    Args:
        assay: "atac" or "dnase".
        ends: Of the plus and of the minus strand.
        places: Of the genome.
        genome: Whose bases lie around the ends.

    Returns:
        None if too few ends, or no preference, tell nothing.

    Raises:
        InputError: The bases say something that no pipeline does.
    """
    tables = [_around(strand, places, genome) for strand in ends]
    plus, minus = (None if t is None else _deviation(*t) for t in tables)
    if plus is None or minus is None:
        return None
    lags = range(-12, 13)
    if assay == "atac":
        # Not moved, the middle lies 4 bp inside the read.
        found = [
            _best({c: _mirrored(x, x, 2 * c) for c in lags}) for x in (plus, minus)
        ]
        if None in found:
            return None
        shift = Shift(4 - found[0], -4 - found[1])  # type: ignore[operator]
    else:
        # One strand mirrors the other, so it tells how far both were moved together.
        both = _best({c: _mirrored(plus, minus, c) for c in range(-4, 5)})
        if both is None:
            return None
        shift = Shift(0, -both)
    if shift not in _USUAL[assay]:
        usual = ", ".join(map(str, sorted(_USUAL[assay])))
        raise InputError(
            f"expected ends that were moved by one of {usual} bp. Received: to judge "
            f"by the bases around them, {shift}. If you know it better, say so: "
            f"plus_shift=, minus_shift=; is it {assay}, and the genome's assembly?"
        )
    return shift


def _around(
    ends: Ends, places: GenomePlaces, genome: Genome
) -> tuple[Values, int] | None:
    """Counts of bases (position, 4) around different ends, and how many ends."""
    chosen = np.unique(ends.sample(_SAMPLE))
    contig, position = places.bases(chosen)
    inside = (position >= _FLANK) & (position < places.lengths[contig] - _FLANK)
    if inside.sum() < _LEAST:
        return None
    codes = genome.gather(
        contig[inside], position[inside] - _FLANK, 2 * _FLANK + 1, beyond="pad"
    )
    counts = [np.bincount(c, minlength=UNKNOWN + 1)[:UNKNOWN] for c in codes.T]
    return np.array(counts, np.float64), len(codes)


def _deviation(counts: Values, ends: int) -> Values | None:
    """How the shares of bases differ from their mean; None if it may be by chance."""
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / totals
    mean = shares.mean(axis=0)
    found = shares - mean
    chance = (mean * (1 - mean)).sum() / ends
    return found if (found**2).sum(axis=1).max() > _NOISE * chance else None


def _mirrored(one: Values, other: Values, middle: int) -> float:
    """How alike position i of one and middle - i of the other's complement are."""
    reach = range(middle // 2 - _REACH, (middle + 1) // 2 + _REACH + 1)
    here = one[[_FLANK + i for i in reach]]
    there = other[[_FLANK + middle - i for i in reach], ::-1]
    norm = np.sqrt((here**2).sum() * (there**2).sum())
    return float((here * there).sum() / norm) if norm else 0.0


def _best(scores: dict[int, float]) -> int | None:
    """The key of the best score, if that is good."""
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= _SIMILAR else None
