"""Sequences that are the same, or the same on the other strand, by one number each."""

from __future__ import annotations

import numpy as np

from zoo.dna import UNKNOWN
from zoo.splits.pool import Pool
from zoo.splits.words import Words

_SEED = 0x5E9200
_BLOCK = 1 << 22


def keys(pool: Pool) -> tuple[Words, Words]:
    """A number for each sequence and one for its reverse complement, uint64 `(n,)`.

    Equal sequences have equal numbers; two others share one with a probability of
    2^-62 (a multilinear hash: each place has a random number, which is multiplied with
    the base there). A sequence is the reverse complement of another if its first
    number is the other's second.

    Source: Carter and Wegman 1979, doi:10.1016/0022-0000(79)90044-8.
    """
    forward = np.zeros(len(pool), np.uint64)
    backward = np.zeros(len(pool), np.uint64)
    longest = int(pool.lengths.max(initial=0))
    random = np.random.default_rng(_SEED)
    weights = random.integers(0, 2**64, longest, np.uint64, endpoint=False)
    first = 0
    while first < len(pool):
        reach = pool.starts[first] + max(_BLOCK, int(pool.lengths[first]) + 1)
        last = max(first + 1, int(np.searchsorted(pool.starts, reach)) - 1)
        rows = slice(first, last)
        lengths = pool.lengths[rows]
        full = np.flatnonzero(lengths)
        if full.size:
            ends = np.cumsum(lengths)
            inside = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
            codes = pool.codes[np.repeat(pool.starts[rows], lengths) + inside]
            other = np.where(codes < UNKNOWN, 3 - codes, UNKNOWN)
            at = (ends - lengths)[full]
            with np.errstate(over="ignore"):
                values = weights[inside] * (codes.astype(np.uint64) + np.uint64(1))
                forward[first + full] = np.add.reduceat(values, at)
                inside = np.repeat(lengths, lengths) - 1 - inside
                values = weights[inside] * (other.astype(np.uint64) + np.uint64(1))
                backward[first + full] = np.add.reduceat(values, at)
        first = last
    return forward, backward
