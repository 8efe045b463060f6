"""Ungapped local alignment of many pairs of sequences at once, from common words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.dna import UNKNOWN, Codes, reverse_complement_codes
from zoo.errors import InputError
from zoo.splits.pool import MARGIN, Integers, Pool

_REACH = 1_000  # bp to either side of a word that an alignment may extend
_SCALE = 1_000  # scores are whole numbers, so that sums of them can be compared
_ELEMENTS = 4_000_000  # of one block of alignments
_FILTERED = 250_000  # pairs that are looked at around their word at a time
#: Of 16 bases beside a word, so many agree in 99% of pairs of 80% identity, and in 1%
#: of random pairs.
_AGREEING = 9
#: Bits beyond those that are expected once among random sequences: one in 128.
_SIGNIFICANCE = 7


@dataclass(frozen=True)
class Scoring:
    """When two sequences are near duplicates.

    A segment of their alignment without gaps counts if it has the identity and the
    length, and a score that random sequences do not reach: log-odds in bits of the
    model "the bases agree with probability `similarity`" against "they agree by
    chance", which has to exceed log2 of the number of pairs of places compared, and 7
    more. Of random data sets of that size, one in a hundred has such a pair.

    Source: Karlin and Altschul 1990, doi:10.1073/pnas.87.6.2264.

    Attributes:
        similarity: Least share of agreeing bases.
        coverage: Least length, as a share of the shorter sequence, up to 1,000 bp.
        match: Score of two equal bases in 1/1000 bit.
        mismatch: Of two others.
        bits: What the score has to reach.
    """

    similarity: float
    coverage: float
    match: int
    mismatch: int
    bits: float

    @classmethod
    def of(
        cls, text: Codes, comparisons: float, similarity: float, coverage: float
    ) -> Scoring:
        """The scores for sequences of the composition of `text`.

        Raises:
            InputError: `similarity` or `coverage` is not a share that can be told from
                chance.
        """
        if not 0.6 <= similarity <= 1:
            raise InputError(
                "Expected a similarity from 0.6 to 1, the share of equal bases. "
                f"Received: {similarity}. Below, no words of 11 bp are left in common."
            )
        if not 0 < coverage <= 1:
            raise InputError(
                "Expected a coverage above 0 and up to 1, the share of the shorter "
                f"sequence. Received: {coverage}"
            )
        counts = np.bincount(text, minlength=5)[:4].astype(float)
        share = counts / max(counts.sum(), 1)
        # Of either strand.
        chance = float((share * (share + share[::-1])).sum() / 2)
        chance = min(max(chance, 0.25), 0.95 * similarity)
        identity = min(similarity, 0.98)  # of 1 the mismatch would be endless
        return cls(
            similarity,
            coverage,
            round(_SCALE * math.log2(identity / chance)),
            round(_SCALE * math.log2((1 - identity) / (1 - chance))),
            math.log2(max(comparisons, 2)) + _SIGNIFICANCE,
        )


@dataclass(frozen=True, eq=False)
class Pairs:
    """Places of the same word in two sequences, one row per pair."""

    first: Integers  # place of the word in the pool's codes
    second: Integers  # in the codes of the strand where it reads the same
    first_row: Integers  # the sequences of these places
    second_row: Integers
    reverse: npt.NDArray[np.bool_]  # whether `second` lies in the reversed codes

    def subset(self, rows: npt.NDArray[np.generic]) -> Pairs:
        """Those of `rows`."""
        return Pairs(*(column[rows] for column in vars(self).values()))

    def __len__(self) -> int:
        return len(self.first)


class Aligner:
    """Aligns pairs of sequences of one pool.

    Args:
        pool: The sequences.
        text: Their codes with what shall not count as unknown.
        scoring: What a near duplicate is.
        k: bp of the common words.
    """

    def __init__(self, pool: Pool, text: Codes, scoring: Scoring, k: int) -> None:
        self.pool, self.text, self.scoring, self.k = pool, text, scoring, k
        self.other = reverse_complement_codes(text)

    def near(self, pairs: Pairs) -> tuple[Integers, npt.NDArray[np.float64], Integers]:
        """Which pairs are near duplicates.

        Returns:
            Their numbers in `pairs`; the identity and the length in bp of the segment.
        """
        nothing = np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
        found = [nothing]
        for start in range(0, len(pairs), _FILTERED):
            part = pairs.subset(np.arange(start, min(start + _FILTERED, len(pairs))))
            likely = np.flatnonzero(self._likely(part))
            for chosen in self._blocks(part, likely):
                good, identity, length = self._align(part.subset(chosen))
                found.append((start + chosen[good], identity[good], length[good]))
        rows, identities, lengths = map(np.concatenate, zip(*found, strict=True))
        return rows, identities, lengths

    def _likely(self, pairs: Pairs) -> npt.NDArray[np.bool_]:
        """Whether the 16 bases on either side of the word agree more than by chance."""
        agreeing = np.zeros(len(pairs), np.int64)
        counted = np.zeros(len(pairs), np.int64)
        likely = np.zeros(len(pairs), bool)
        windows = np.lib.stride_tricks.sliding_window_view(self.text, MARGIN)
        others = np.lib.stride_tricks.sliding_window_view(self.other, MARGIN)
        for shift in (-MARGIN, self.k):
            x = windows[pairs.first + shift]
            for reverse, view in ((False, windows), (True, others)):
                rows = np.flatnonzero(pairs.reverse == reverse)
                y = view[pairs.second[rows] + shift]
                mine = x[rows]
                known = (mine < UNKNOWN) & (y < UNKNOWN)
                equal = ((mine == y) & known).sum(axis=1)
                agreeing[rows] += equal
                counted[rows] += known.sum(axis=1)
                likely[rows] |= equal >= _AGREEING
        return likely | (agreeing >= 0.6 * counted)

    def _range(self, pairs: Pairs) -> tuple[Integers, Integers]:
        """Where both sequences go on, from and to, counted from the word's start."""
        starts, lengths = self.pool.starts, self.pool.lengths
        first = starts[pairs.first_row] - pairs.first
        second = starts[pairs.second_row]
        size = lengths[pairs.second_row]
        second = np.where(
            pairs.reverse, len(self.text) - second - size, second
        )  # in the reversed codes, the start is the end
        second = second - pairs.second
        low = np.maximum(np.maximum(first, second), -_REACH)
        high = np.minimum(first + lengths[pairs.first_row], second + size)
        return low, np.minimum(high, _REACH + self.k)

    def _blocks(self, pairs: Pairs, rows: Integers) -> list[Integers]:
        """Parts of `rows` whose alignments fit into memory, alike in length."""
        if not rows.size:
            return []
        low, high = self._range(pairs.subset(rows))
        order = np.argsort(high - low, kind="stable")
        widths = (high - low)[order]
        blocks, start = [], 0
        while start < len(order):
            count = max(1, int(_ELEMENTS // max(1, widths[start])))
            # The last of a block is its widest.
            width = int(widths[min(start + count, len(order)) - 1])
            count = max(1, min(count, _ELEMENTS // max(1, width)))
            blocks.append(rows[order[start : start + count]])
            start += count
        return blocks

    def _align(
        self, pairs: Pairs
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], Integers]:
        """The best segment of each pair on the diagonal of its word."""
        scoring = self.scoring
        low, high = self._range(pairs)
        offsets = np.arange(int((high - low).max()))
        t = low[:, None] + offsets
        inside = t < high[:, None]
        t = np.minimum(t, high[:, None] - 1)
        x = self.text[pairs.first[:, None] + t]
        place = pairs.second[:, None] + t
        reverse = pairs.reverse[:, None]
        y = np.where(reverse, self.other[place], self.text[place])
        known = (x < UNKNOWN) & (y < UNKNOWN) & inside
        equal = (x == y) & known
        score = np.where(equal, scoring.match, scoring.mismatch * known)
        total = np.zeros((len(pairs), len(offsets) + 1), np.int32)
        np.cumsum(score, axis=1, out=total[:, 1:])
        least = np.minimum.accumulate(total, axis=1)
        end = np.argmax(total - least, axis=1)
        row = np.arange(len(pairs))
        best = (total - least)[row, end] / _SCALE
        start = np.argmax(total == least[row, end][:, None], axis=1)
        counts = np.zeros_like(total)
        np.cumsum(known, axis=1, out=counts[:, 1:])
        length = (counts[row, end] - counts[row, start]).astype(np.int64)
        np.cumsum(equal, axis=1, out=counts[:, 1:])
        agreeing = counts[row, end] - counts[row, start]
        identity = agreeing / np.maximum(length, 1)
        shorter = np.minimum(
            self.pool.lengths[pairs.first_row], self.pool.lengths[pairs.second_row]
        )
        needed = np.minimum(scoring.coverage * shorter, _REACH)
        good = (identity >= scoring.similarity) & (length >= needed)
        return good & (best >= scoring.bits), identity, length
