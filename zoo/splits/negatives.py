"""Genomic intervals with the GC content of the positives, as negative examples."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples, Intervals
from zoo.data.genomes.genome import Genome
from zoo.data.intervals.tables import read_interval_table
from zoo.data.sources.rejected import Rejected
from zoo.dna import UNKNOWN, Codes
from zoo.errors import InputError
from zoo.splits.covered import Covered, Integers

_CANDIDATES_A_ROUND = 65_536
_BYTES_A_ROUND = 2**26
Region = str | os.PathLike[str] | Intervals


def gc_matched_negatives(
    genome: str | os.PathLike[str] | Genome,
    positives: Examples | Intervals,
    *,
    length: int | None = None,
    per_positive: int = 1,
    exclude: Region | Sequence[Region] = (),
    margin: int = 0,
    max_unknown: float = 0.0,
    gc_bin: float = 0.02,
    contigs: Sequence[str] | None = None,
    same_contig: bool = False,
    incomplete: str = "error",
    effort: int = 1000,
    seed: int = 0,
) -> Examples:
    """Draws random intervals with the GC content of the positives.

    Places are drawn uniformly from the contigs and kept if they overlap neither a
    positive nor an excluded region, hold few enough N, and are still wanted: each
    positive wants `per_positive` intervals whose share of G and C among the known
    bases falls into its own bin. No place is taken twice; two negatives may overlap.

    Args:
        genome: Where from: a FASTA file, or a `Genome`.
        positives: Intervals, or examples that have them.
        length: Of the negatives in bp; by default that of the examples. GC is measured
            on the `length` bp around the middle of each positive.
        per_positive: Negatives for each positive.
        exclude: Further regions that no negative may overlap: a BED file or intervals,
            or several, e.g. a blacklist, or peaks of other experiments.
        margin: bp between a negative and any such region or positive, at least.
        max_unknown: Largest share of N.
        gc_bin: Width of the bins of the GC content.
        contigs: Where negatives may lie; by default where positives lie.
        same_contig: Whether each lies on the contig of the positive that it matches,
            so that a split by chromosome has as many for each positive on each side.
        incomplete: What to do if too few places are found: "error", or "drop" to go
            on with fewer; `dropped` has the count.
        effort: Places to look at for each negative before giving up.
        seed: Equal seeds give equal negatives.

    Returns:
        Examples, sorted by the positive that they match (column "matched": its row),
        strands as those of the positives. Their targets are 0, with the outputs of
        the positives if those are examples with targets, else one output "label".

    Raises:
        InputError: Positives without intervals, arguments out of range, or too few
            places.
    """
    if not isinstance(genome, Genome):
        genome = Genome(genome)
    intervals = positives.intervals if isinstance(positives, Examples) else positives
    if intervals is None or not len(intervals):
        raise InputError(
            "Expected positives with intervals, to be matched and kept clear of. "
            "Received: none. zoo.data.from_intervals makes such examples."
        )
    if length is None:
        if not isinstance(positives, Examples):
            raise InputError("Expected a length in bp, as the positives are intervals.")
        length = positives.sequence_length
    _check(per_positive, margin, max_unknown, gc_bin, incomplete, effort)
    sequences, _ = genome.sequences(intervals, length, beyond="pad")
    rows = np.arange(len(intervals))
    step = max(1, _BYTES_A_ROUND // length)
    parts = [rows[first : first + step] for first in range(0, len(rows), step)]
    gc = np.concatenate([_gc_of(sequences.gather(part)) for part in parts])
    own = genome.contig_numbers(intervals.chrom) if same_contig else None
    wanted = _Wanted(gc, per_positive, gc_bin, own)
    if isinstance(exclude, (str, os.PathLike, Intervals)):
        exclude = [exclude]
    excluded = (
        read_interval_table(region, rejected=Rejected("error")) for region in exclude
    )
    regions = [intervals, *(table.intervals for table in excluded)]
    forbidden = _Forbidden(genome, regions, margin)
    chosen = contigs if contigs is not None else np.unique(intervals.chrom).tolist()
    places = _Places(genome, chosen, length)
    random = np.random.default_rng(seed)
    goal = per_positive * len(intervals)
    budget = effort * goal
    while wanted.missing and budget > 0:
        size = min(budget, _CANDIDATES_A_ROUND, max(64, _BYTES_A_ROUND // length))
        budget -= size
        number, start = places.draw(random, size)
        free = ~forbidden.overlap(number, start, start + length)
        number, start = number[free], start[free]
        codes = genome.gather(number, start, length)
        known = (codes != UNKNOWN).mean(axis=1) >= 1 - max_unknown
        wanted.offer(number[known], start[known], _gc_of(codes[known]))
    if wanted.missing and incomplete == "error":
        raise InputError(
            f"Expected {goal:,} negatives. Received: {goal - wanted.missing:,}, after "
            f"{effort} places for each; most are missing at GC of {wanted.rarest()}. "
            'Use incomplete="drop" to go on with fewer, or a wider gc_bin, more '
            "effort, or fewer excluded regions."
        )
    return _examples(genome, positives, intervals, wanted, length)


class _Wanted:
    """Positives that still want a place, by bin, and the places found."""

    def __init__(
        self,
        gc: npt.NDArray[np.float64],
        per_positive: int,
        gc_bin: float,
        number: Integers | None,
    ) -> None:
        self._gc_bin, self._by_contig = gc_bin, number is not None
        self._bins = int(1 / gc_bin) + 2
        self._open: dict[int, deque[int]] = {}
        for row, of_bin in enumerate(self._bin(gc, number).tolist()):
            self._open.setdefault(of_bin, deque()).extend([row] * per_positive)
        #: Which positive (contig number, start) is for.
        self.found: dict[tuple[int, int], int] = {}

    @property
    def missing(self) -> int:
        """How many places are still wanted."""
        return sum(map(len, self._open.values()))

    def offer(
        self, number: Integers, start: Integers, gc: npt.NDArray[np.float64]
    ) -> None:
        """Takes those places that are wanted, in their order."""
        bins = self._bin(gc, number if self._by_contig else None)
        rows = np.isin(bins, [of_bin for of_bin, left in self._open.items() if left])
        places = zip(number[rows].tolist(), start[rows].tolist(), strict=True)
        for of_bin, place in zip(bins[rows].tolist(), places, strict=True):
            if self._open[of_bin] and place not in self.found:
                self.found[place] = self._open[of_bin].popleft()

    def rarest(self) -> str:
        """The bin of which most are missing, in words."""
        most = max(self._open, key=lambda of_bin: len(self._open[of_bin]))
        low = self._gc_bin * (most % self._bins)
        return f"{low:.2f} to {min(1.0, low + self._gc_bin):.2f}"

    def _bin(self, gc: npt.NDArray[np.float64], number: Integers | None) -> Integers:
        """Of GC alone, or of each contig's own."""
        bins = (gc / self._gc_bin + 1e-9).astype(np.int64)
        return bins if number is None else bins + self._bins * number


class _Forbidden:
    """Regions that no negative may overlap."""

    def __init__(
        self, genome: Genome, regions: Iterable[Intervals], margin: int
    ) -> None:
        lengths = np.array([*genome.contigs.values()], np.int64)
        # A gap between contigs, so that a margin does not reach into the next one.
        self._offsets = np.cumsum(lengths + 2 * margin) - lengths
        starts, ends = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for region in regions:
            here = np.isin(region.chrom, list(genome.contigs))
            if not here.any():
                here[:] = True  # names of another style: an error that says so
            offset = self._offsets[genome.contig_numbers(region.chrom[here])]
            starts.append(offset + region.start[here] - margin)
            ends.append(offset + region.end[here] + margin)
        self._covered = Covered(np.concatenate(starts), np.concatenate(ends))

    def overlap(
        self, number: Integers, start: Integers, end: Integers
    ) -> npt.NDArray[np.bool_]:
        """Which of these half-open intervals overlap a region."""
        offset = self._offsets[number]
        return self._covered.overlap(offset + start, offset + end)


class _Places:
    """Uniform draws of the first bases of intervals of one length."""

    def __init__(self, genome: Genome, contigs: Sequence[str], length: int) -> None:
        self.numbers = genome.contig_numbers(np.asarray(contigs))
        rooms = [genome.contigs[name] - length + 1 for name in contigs]
        self.ends = np.cumsum(np.maximum(rooms, 0))
        if not len(self.ends) or not self.ends[-1]:
            raise InputError(
                f"Expected a contig of at least {length} bp. Received: "
                f"{', '.join(contigs) or 'none'}"
            )

    def draw(self, random: np.random.Generator, size: int) -> tuple[Integers, Integers]:
        place = random.integers(0, self.ends[-1], size)
        contig = np.searchsorted(self.ends, place, side="right")
        before = np.append(0, self.ends)[contig]
        return self.numbers[contig], place - before


def _gc_of(codes: Codes) -> npt.NDArray[np.float64]:
    """Share of G and C among the known bases, 0 without any, of each row."""
    gc = ((codes == 1) | (codes == 2)).sum(axis=1)
    return gc / np.maximum((codes != UNKNOWN).sum(axis=1), 1)


def _examples(
    genome: Genome,
    positives: Examples | Intervals,
    intervals: Intervals,
    wanted: _Wanted,
    length: int,
) -> Examples:
    found = sorted(wanted.found.items(), key=lambda item: item[1])
    positive = np.array([row for _, row in found], np.int64)
    start = np.array([place[1] for place, _ in found], np.int64)
    chrom = np.array([*genome.contigs])[[place[0] for place, _ in found]]
    places = Intervals(chrom, start, start + length, intervals.strand[positive])
    sequences, _ = genome.sequences(places, length)
    shape: tuple[int, ...] = (1,)
    outputs: tuple[str, ...] = ("label",)
    if isinstance(positives, Examples) and positives.targets is not None:
        shape, outputs = positives.targets.shape[1:], positives.outputs
    missing = wanted.missing
    return Examples(
        sequences,
        targets=np.zeros((len(found), *shape), np.float32),
        outputs=outputs,
        names=np.array(
            [f"{c}:{s}-{s + length}" for c, s in zip(chrom, start, strict=True)], str
        ),
        intervals=places,
        columns={"matched": positive},
        dropped={"negatives of that GC not found": missing} if missing else {},
        source=f"GC-matched negatives of {genome.path}",
    )


def _check(
    per_positive: int,
    margin: int,
    max_unknown: float,
    gc_bin: float,
    incomplete: str,
    effort: int,
) -> None:
    right = {
        "per_positive of at least 1": per_positive >= 1,
        "a margin of at least 0 bp": margin >= 0,
        "max_unknown from 0 to 1": 0 <= max_unknown <= 1,
        "a gc_bin above 0, up to 1": 0 < gc_bin <= 1,
        'incomplete="error" or "drop"': incomplete in ("error", "drop"),
        "an effort of at least 1": effort >= 1,
    }
    for expected, holds in right.items():
        if not holds:
            raise InputError(
                f"Expected {expected}. Received: per_positive={per_positive}, "
                f"margin={margin}, max_unknown={max_unknown}, gc_bin={gc_bin}, "
                f"incomplete={incomplete!r}, effort={effort}"
            )
