"""Words that sequences have in common: where near duplicates are looked for."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from zoo.dna import Codes
from zoo.errors import InputError
from zoo.splits.alignment import Pairs
from zoo.splits.pool import Integers, Pool
from zoo.splits.words import Words, canonical_words, mixed

#: How many others with the same word a sequence is compared with: of a repeat that a
#: thousand sequences share, not all pairs are tried.
NEIGHBORS = 8

_SMALLEST, _LARGEST = 11, 15
_PARTITION = 1 << 24  # words that are sorted at a time: 128 MB
_BLOCK = 1 << 22  # bases
_PLACE_BITS = 33
_PLACES = np.uint64((1 << _PLACE_BITS) - 1)
_ONE = np.uint64(1)
_SHIFT = np.uint64(_PLACE_BITS + 1)


def word_length(bases: int) -> int:
    """K for so many bases: 11, 13 or 15, the least with 4^k >= bases.

    Pairs that have a word in common by chance are bases^2 / 4^k, so that their number
    grows no faster than the data, and words are no longer than that asks for: the
    shorter they are, the more mutations a common word survives.
    """
    k = math.ceil(math.log(max(bases, 1), 4))
    return min(max(k + 1 - k % 2, _SMALLEST), _LARGEST)


class Seeds:
    """All words of a pool, in sorted parts that fit into memory.

    Args:
        pool: The sequences.
        text: Their codes; words with an unknown base are left out.
        k: bp of a word.
    """

    def __init__(self, pool: Pool, text: Codes, k: int) -> None:
        if len(text) > 1 << _PLACE_BITS:
            raise InputError(
                f"Expected at most {1 << _PLACE_BITS:,} bases. Received: {len(text):,}."
                " Compare parts of them."
            )
        self.pool, self.text, self.k = pool, text, k
        self.parts = max(1, math.ceil(len(text) / _PARTITION))

    def sorted(self, part: int, start: int, end: int) -> Words:
        """The words of places from `start` to `end` that belong to one part.

        Returns:
            uint64, sorted: the word (30 bits), its place in the codes (33 bits, in an
            order of its own for each word), and whether it reads on the other strand.
        """
        found: list[Words] = []
        for first in range(start, end, _BLOCK):
            last = min(first + _BLOCK, end)
            codes = self.text[first : min(last + self.k - 1, end)]
            words, reverse, keep = canonical_words(codes, self.k)
            if self.parts > 1:
                keep &= mixed(words) % np.uint64(self.parts) == np.uint64(part)
            places = np.flatnonzero(keep)
            words = words[places]
            at = (places + first).astype(np.uint64) ^ _order(words)
            strand = reverse[places].astype(np.uint64)
            seeds: Words = words << _SHIFT | at << _ONE | strand
            found.append(seeds)
        everything = np.concatenate([*found, np.empty(0, np.uint64)])
        everything.sort()
        return everything

    def within(self, part: int) -> Iterator[Pairs]:
        """Pairs of different sequences that share a word, each with 8 others."""
        seeds = self.sorted(part, 0, len(self.text))
        words = seeds >> _SHIFT
        for step in range(1, NEIGHBORS + 1):
            first = np.flatnonzero(words[step:] == words[:-step])
            if not first.size:
                return
            yield self._pairs(seeds[first], seeds[first + step])

    def between(self, part: int, border: int) -> Iterator[Pairs]:
        """Pairs of a sequence beyond a place of the codes, with one in front of it."""
        known = self.sorted(part, 0, border)
        asked = self.sorted(part, border, len(self.text))
        words = known >> _SHIFT
        wanted = asked >> _SHIFT
        low = np.searchsorted(words, wanted)
        count = np.searchsorted(words, wanted, side="right") - low
        there = count > 0
        asked, low, count = asked[there], low[there], count[there]
        turn = (mixed(asked) >> np.uint64(1)).astype(np.int64)
        for step in range(NEIGHBORS):
            rows = np.flatnonzero(count > step)
            if not rows.size:
                return
            chosen = low[rows] + (turn[rows] + step) % count[rows]
            yield self._pairs(asked[rows], known[chosen])

    def _pairs(self, first: Words, second: Words) -> Pairs:
        reverse = ((first ^ second) & _ONE).astype(bool)
        place, other = self._places(first), self._places(second)
        first_row, second_row = self.pool.rows(place), self.pool.rows(other)
        # The place of the same word in the codes of the other strand.
        other = np.where(reverse, len(self.text) - self.k - other, other)
        pairs = Pairs(place, other, first_row, second_row, reverse)
        return pairs.subset(np.flatnonzero(first_row != second_row))

    def _places(self, seeds: Words) -> Integers:
        places = (seeds >> _ONE) & _PLACES
        return (places ^ _order(seeds >> _SHIFT)).astype(np.int64)


def _order(words: Words) -> Words:
    """What places are combined with, so that each word sorts them anew."""
    return mixed(words) & _PLACES


def distinct(pairs: Pairs) -> Pairs:
    """One pair for each two sequences and diagonal: neighboring words agree in it."""
    diagonal = (pairs.second - pairs.first).astype(np.uint64) & _PLACES
    key = mixed(pairs.first_row.astype(np.uint64) * np.uint64(2) + pairs.reverse)
    _, first = np.unique(key ^ mixed(diagonal), return_index=True)
    return pairs.subset(first)
