"""Does a test set hold what a model was trained on?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples, Intervals
from zoo.splits.covered import Covered
from zoo.splits.homology import nearest
from zoo.splits.pool import Pool, keys, pool

EXACT = "exact"
REVERSE_COMPLEMENT = "reverse complement"
NEAR = "near duplicate"
KINDS = (EXACT, REVERSE_COMPLEMENT, NEAR)

_SHOWN = 3


class LeakageWarning(UserWarning):
    """Sequences that a model is tested on were, or may have been, trained on."""


@dataclass(frozen=True)
class Leak:
    """One sequence of the test set and one of the training set that is like it.

    Attributes:
        kind: "exact", "reverse complement" or "near duplicate".
        test_row: Its number in the test set.
        train_row: The other's number in the training set.
        identity: Share of equal bases of the segment that they have in common.
        overlap: Length of that segment in bp.
        reverse: Whether one is read on the opposite strand of the other.
    """

    kind: str
    test_row: int
    train_row: int
    identity: float
    overlap: int
    reverse: bool


@dataclass(frozen=True, repr=False)
class LeakageReport:
    """Sequences of a test set that are also in the training set.

    Each of them is of one kind, the first that applies: exact, reverse complement,
    near duplicate.

    Attributes:
        train: What the training set is called.
        test: What the test set is called.
        train_size: Sequences in the training set.
        test_size: Sequences in the test set.
        leaks: One for each sequence of the test set that leaks, in their order.
        overlapping_intervals: Sequences of the test set whose interval shares a base
            with one of the training set; None where either has no intervals.
        similarity: Share of equal bases from which two are near duplicates.
    """

    train: str
    test: str
    train_size: int
    test_size: int
    leaks: tuple[Leak, ...]
    overlapping_intervals: int | None
    similarity: float

    @property
    def counts(self) -> Mapping[str, int]:
        """Sequences of the test set of each kind."""
        kinds = [leak.kind for leak in self.leaks]
        return {kind: kinds.count(kind) for kind in KINDS}

    @property
    def fraction(self) -> float:
        """Share of the test set that is of any kind; 0 for an empty one."""
        return len(self.leaks) / max(self.test_size, 1)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Numbers of these sequences in the test set."""
        return np.array([leak.test_row for leak in self.leaks], np.int64)

    def as_json(self) -> dict[str, Any]:
        """Counts and fractions, and the first pairs of each kind."""
        return {
            "train": self.train,
            "test": self.test,
            "train_sequences": self.train_size,
            "test_sequences": self.test_size,
            "similarity": self.similarity,
            "fraction": self.fraction,
            "counts": dict(self.counts),
            "overlapping_intervals": self.overlapping_intervals,
            "pairs": [vars(leak) for leak in self.first()],
        }

    def first(self, count: int = _SHOWN) -> list[Leak]:
        """The first leaks of each kind."""
        return [
            leak
            for kind in KINDS
            for leak in [each for each in self.leaks if each.kind == kind][:count]
        ]

    def __repr__(self) -> str:
        """A line per kind, and the first pairs of each."""
        lines = [
            f"{len(self.leaks):,} of {self.test_size:,} sequences of {self.test} "
            f"({self.fraction:.1%}) are in {self.train} ({self.train_size:,}), too:"
        ]
        for kind, count in self.counts.items():
            share = count / max(self.test_size, 1)
            lines.append(f"  {kind:18s} {count:8,} {share:7.1%}")
        if self.overlapping_intervals is not None:
            share = self.overlapping_intervals / max(self.test_size, 1)
            lines.append(
                f"Intervals that overlap: {self.overlapping_intervals:,} ({share:.1%})"
            )
        for leak in self.first():
            lines.append(
                f"  test {leak.test_row}, train {leak.train_row}: {leak.kind}, "
                f"{leak.identity:.0%} of {leak.overlap} bp"
                + (", other strand" if leak.reverse else "")
            )
        return "\n".join(lines)


def leakage(
    train: Any,
    test: Any,
    *,
    similarity: float = 0.8,
    coverage: float = 0.5,
) -> LeakageReport:
    """Finds sequences of a test set that are in the training set, on either strand.

    Near duplicates are those of `zoo.splits.clusters`, whose recall is stated there;
    exact copies and reverse complements are all found. Memory: about 20 bytes per base
    of both sets.

    Args:
        train: The training set, as `zoo.predict` takes sequences.
        test: The test set, likewise; its sequences may have other lengths.
        similarity: Share of equal bases from which two are near duplicates.
        coverage: Share of the shorter sequence that has to be alike.

    Raises:
        InputError: A share is out of its range.
    """
    known, asked = pool(train), pool(test)
    leaks = _equal(known, asked)
    found = {leak.test_row for leak in leaks}
    matches = nearest(known, asked, similarity=similarity, coverage=coverage)
    rows = zip(*(column.tolist() for column in vars(matches).values()), strict=True)
    leaks += [Leak(NEAR, *match) for match in rows if match[0] not in found]
    places = [x.intervals if isinstance(x, Examples) else None for x in (train, test)]
    overlapping = None
    if places[0] is not None and places[1] is not None:
        overlapping = int(overlaps(places[0], places[1]).sum())
    return LeakageReport(
        train.source if isinstance(train, Examples) else "the training set",
        test.source if isinstance(test, Examples) else "the test set",
        len(known),
        len(asked),
        tuple(sorted(leaks, key=lambda leak: leak.test_row)),
        overlapping,
        similarity,
    )


def _equal(known: Pool, asked: Pool) -> list[Leak]:
    forward, _ = keys(known)
    order = np.argsort(forward, kind="stable")
    mine, other = keys(asked)
    leaks = []
    found = np.zeros(len(asked), bool)
    for kind, wanted in ((EXACT, mine), (REVERSE_COMPLEMENT, other)):
        place = np.searchsorted(forward, wanted, sorter=order)
        place = np.minimum(place, len(known) - 1)
        hits = np.empty(0, np.int64)
        if len(known):
            hits = np.flatnonzero((forward[order[place]] == wanted) & ~found)
        found[hits] = True
        leaks += [
            Leak(
                kind,
                int(row),
                int(order[place[row]]),
                1.0,
                int(asked.lengths[row]),
                kind == REVERSE_COMPLEMENT,
            )
            for row in hits
        ]
    return leaks


def overlaps(known: Intervals, asked: Intervals) -> npt.NDArray[np.bool_]:
    """Which intervals of `asked` share a base with any of `known`, on any strand."""
    both = np.concatenate([known.chrom, asked.chrom])
    # All contigs one after the other on one line: there may be very many.
    contig = np.unique(both, return_inverse=True)[1].astype(np.int64)
    ends = np.concatenate([known.end, asked.end])
    low = np.concatenate([known.start, asked.start]).min(initial=0)
    shift = contig * (ends.max(initial=0) - low + 1) - low
    mine, other = shift[: len(known)], shift[len(known) :]
    covered = Covered(mine + known.start, mine + known.end)
    return covered.overlap(other + asked.start, other + asked.end)
