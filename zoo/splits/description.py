"""What is in a file of sequences: counted in one pass, in little memory."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoo.data.sequences import none_received
from zoo.dna import UNKNOWN
from zoo.errors import InputError
from zoo.splits.pool import Integers, Pool, keys, pools
from zoo.splits.words import simple_bases

GC_BINS = 25
_LABELS = 1_000  # different ones that are counted


@dataclass(frozen=True)
class Description:
    """What the sequences of one source are.

    Attributes:
        source: What it is called.
        sequences: How many.
        bases: Counts of A, C, G, T and N.
        lengths: Sequences of each length in bp, sorted by length.
        gc_histogram: Sequences by their share of G and C among known bases, in 25 bins
            from 0 to 1.
        with_unknown: Sequences with at least one N.
        all_unknown: Sequences of nothing but N.
        low_complexity: Bases in poly-A, tandem repeats and the like.
        duplicates: Sequences that equal an earlier one.
        reverse_complements: Others that are the reverse complement of an earlier one.
        labels: Sequences of each label, the most frequent first; empty without labels.
        conflicts: Sequences that also occur, on either strand, with another label.
        skipped: Records that could not be used.
    """

    source: str
    sequences: int
    bases: Mapping[str, int]
    lengths: Mapping[int, int]
    gc_histogram: tuple[int, ...]
    with_unknown: int
    all_unknown: int
    low_complexity: int
    duplicates: int
    reverse_complements: int
    labels: Mapping[str, int] = field(default_factory=dict)
    conflicts: int = 0
    skipped: int = 0

    @property
    def gc(self) -> float:
        """Share of G and C among all known bases."""
        known = sum(self.bases[base] for base in "ACGT")
        return (self.bases["C"] + self.bases["G"]) / max(known, 1)

    @property
    def unknown(self) -> float:
        """Share of N."""
        return self.bases["N"] / max(sum(self.bases.values()), 1)

    @property
    def length_quantiles(self) -> tuple[int, int, int, int, int]:
        """The shortest length, three quartiles and the longest, in bp."""
        sizes = np.repeat(list(self.lengths), list(self.lengths.values()))
        found = np.quantile(sizes, (0, 0.25, 0.5, 0.75, 1), method="lower")
        a, b, c, d, e = found.tolist()
        return a, b, c, d, e

    def as_json(self) -> dict[str, Any]:
        """All numbers, with the derived ones."""
        names = ("shortest", "lower_quartile", "median", "upper_quartile", "longest")
        return {
            **{name: value for name, value in vars(self).items() if name != "lengths"},
            "length": dict(zip(names, self.length_quantiles, strict=True)),
            "gc": self.gc,
            "unknown": self.unknown,
            "low_complexity": self.low_complexity / max(sum(self.bases.values()), 1),
        }

    def rows(self) -> list[tuple[str, str]]:
        """What is printed: a name and a text each."""
        shortest, _, median, _, longest = self.length_quantiles
        total = sum(self.bases.values())
        length = f"{shortest:,} bp"
        if shortest != longest:
            length = f"{shortest:,} to {longest:,} bp, median {median:,}"
        rows = [
            ("sequences", f"{self.sequences:,}"),
            ("bases", f"{total:,}"),
            ("length", length),
            ("GC", f"{self.gc:.1%}"),
            ("N", f"{self.unknown:.2%} of bases, in {self.with_unknown:,} sequences"),
            ("low complexity", f"{self.low_complexity / max(total, 1):.1%} of bases"),
            ("duplicates", _count(self.duplicates, self.sequences)),
            ("reverse complements", _count(self.reverse_complements, self.sequences)),
        ]
        if self.all_unknown:
            rows.append(("nothing but N", _count(self.all_unknown, self.sequences)))
        if self.skipped:
            records = "record" if self.skipped == 1 else "records"
            rows.append(("skipped", f"{self.skipped:,} {records} that cannot be used"))
        for label, count in list(self.labels.items())[:20]:
            rows.append((f"label {label}", _count(count, self.sequences)))
        if len(self.labels) > 20:
            rows.append(("other labels", f"{len(self.labels) - 20:,}"))
        if self.labels:
            rows.append(("with two labels", _count(self.conflicts, self.sequences)))
        return rows


def _count(count: int, total: int) -> str:
    return f"{count:,} ({count / max(total, 1):.1%})"


class Describer:
    """Counts sequences that come in parts; 24 bytes of memory per sequence."""

    def __init__(self, *, labeled: bool = False) -> None:
        self.labeled = labeled
        self._bases = np.zeros(5, np.int64)
        self._lengths: Counter[int] = Counter()
        self._gc = np.zeros(GC_BINS, np.int64)
        self._labels: Counter[str] = Counter()
        self._numbers: dict[str, int] = {}
        self._with_unknown = self._all_unknown = self._simple = 0
        self._forward: list[Integers] = []
        self._backward: list[Integers] = []
        self._label_of: list[Integers] = []

    def add(self, part: Pool, labels: list[str]) -> None:
        """Counts sequences and their labels, if they have any."""
        forward, backward = keys(part)
        self._forward.append(forward)
        self._backward.append(backward)
        self._lengths.update(part.lengths.tolist())
        counts = np.bincount(part.codes, minlength=5)
        counts[UNKNOWN] -= len(part.codes) - part.bases  # the margins
        self._bases += counts
        gc, missing = (
            total[part.starts + part.lengths] - total[part.starts]
            for total in (
                np.concatenate([[0], np.cumsum((part.codes == 1) | (part.codes == 2))]),
                np.concatenate([[0], np.cumsum(part.codes == UNKNOWN)]),
            )
        )
        known = part.lengths - missing
        self._with_unknown += int((missing > 0).sum())
        self._all_unknown += int((known == 0).sum())
        share = gc[known > 0] / known[known > 0]
        self._gc += np.histogram(share, GC_BINS, (0, 1))[0]
        self._simple += int(simple_bases(part.codes).sum())
        if self.labeled:
            self._labels.update(labels)
            numbers = self._numbers
            found = [numbers.setdefault(label, len(numbers)) for label in labels]
            self._label_of.append(np.array(found, np.int64))

    def description(self, source: str, skipped: int = 0) -> Description:
        """What was counted.

        Raises:
            InputError: Nothing was.
        """
        if not self._forward:
            raise none_received()
        forward = np.concatenate(self._forward)
        either = np.minimum(forward, np.concatenate(self._backward))
        # Sorting is faster than np.unique, which makes a table.
        different, groups = (
            1 + int(np.count_nonzero(np.diff(np.sort(numbers))))
            for numbers in (forward, either)
        )
        conflicts = 0
        if self.labeled:
            label = np.concatenate(self._label_of)
            order = np.lexsort((label, either))
            key, label = either[order], label[order]
            starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
            several = np.minimum.reduceat(label, starts) != np.maximum.reduceat(
                label, starts
            )
            sizes = np.diff(starts, append=len(key))
            conflicts = int(sizes[several].sum())
        return Description(
            source=source,
            sequences=len(forward),
            bases=dict(zip("ACGTN", self._bases.tolist(), strict=True)),
            lengths=dict(sorted(self._lengths.items())),
            gc_histogram=tuple(self._gc.tolist()),
            with_unknown=self._with_unknown,
            all_unknown=self._all_unknown,
            low_complexity=self._simple,
            duplicates=len(forward) - different,
            reverse_complements=different - groups,
            labels=dict(self._labels.most_common(_LABELS)),
            conflicts=conflicts,
            skipped=skipped,
        )


def describe(
    sequences: Any,
    *,
    source: str = "the sequences",
    labels: Iterable[str] | None = None,
) -> Description:
    """Counts what a set of sequences holds.

    Args:
        sequences: As `zoo.predict` takes them, of any lengths; or the records that
            `read_fasta`, `read_table` and `read_intervals` yield. Read once, in a
            stream.
        source: What it is called.
        labels: One per sequence, as text.

    Raises:
        InputError: They are not sequences, there are none, or not one label for each.
    """
    describer = Describer(labeled=labels is not None)
    told = iter(()) if labels is None else iter(labels)
    for part in pools(sequences):
        found = [str(label) for label in itertools.islice(told, len(part))]
        if labels is not None and len(found) < len(part):
            raise InputError("Expected one label for each sequence. Received fewer.")
        describer.add(part, found)
    if any(True for _ in told):
        raise InputError("Expected one label for each sequence. Received more.")
    return describer.description(source)
