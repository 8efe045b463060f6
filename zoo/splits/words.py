"""Canonical k-mers, hashes and low complexity of one long array of codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoo.dna import UNKNOWN, Codes
from zoo.splits.pool import Pool

Words = npt.NDArray[np.uint64]

_LAGS = 16  # bp from one triplet to the others that it is compared with
_WINDOW = 32  # triplets
_MEAN = 1.5  # equal triplets a triplet; at random 16 / 64 = 0.25
_BLOCK = 1 << 22  # bases at a time


def canonical_words(
    codes: Codes, k: int
) -> tuple[Words, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The k-mer that starts at each base, or its reverse complement if that is less.

    Args:
        codes: uint8 `(length,)`.
        k: bp, 1 to 31; odd, so that no k-mer is its own reverse complement.

    Returns:
        words: uint64 `(length - k + 1,)`, k-mers as numbers in base 4.
        reversed: Whether the word is that of the reverse complement.
        known: Whether the k-mer has no unknown base.
    """
    if len(codes) < k:
        return np.empty(0, np.uint64), np.empty(0, bool), np.empty(0, bool)
    base = np.minimum(codes, 3).astype(np.uint64)
    other, unknown = np.uint64(3) - base, codes >= UNKNOWN
    forward, backward, bad, size = base, other, unknown, 1
    # By the digits of k in base 2: words of twice the length, or of one base more.
    for digit in f"{k:b}"[1:]:
        width = np.uint64(2 * size)
        forward = forward[:-size] << width | forward[size:]
        backward = backward[size:] << width | backward[:-size]
        bad = bad[:-size] | bad[size:]
        size *= 2
        if digit == "1":
            forward = forward[:-1] << np.uint64(2) | base[size:]
            backward = other[size:] << np.uint64(2 * size) | backward[:-1]
            bad = bad[:-1] | unknown[size:]
            size += 1
    return np.minimum(forward, backward), backward < forward, ~bad


def mixed(words: Words) -> Words:
    """A hash of each word, a bijection of 64 bits (the finalizer of SplitMix64).

    Source: Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195.
    """
    with np.errstate(over="ignore"):
        words = words + np.uint64(0x9E3779B97F4A7C15)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return words ^ (words >> np.uint64(31))


def informative(pool: Pool) -> Codes:
    """The codes of a pool, bases of low complexity made unknown; see `simple_bases`."""
    text = pool.codes.copy()
    overlap = _WINDOW + _LAGS + 2
    for first in range(0, len(text), _BLOCK):
        start = max(0, first - overlap)
        part = pool.codes[start : first + _BLOCK + overlap]
        simple = simple_bases(part)[first - start : first - start + _BLOCK]
        text[first : first + _BLOCK][simple] = UNKNOWN
    return text


def simple_bases(codes: Codes) -> npt.NDArray[np.bool_]:
    """Which bases are of low complexity: poly-A, tandem repeats, two-letter stretches.

    The score of DUST, the number of equal triplets, is counted for pairs that are up to
    16 bp apart, and its mean over 32 neighboring triplets compared with 1.5 (random
    sequence: 0.25; a tandem repeat of period p: 16 / p).

    Source: Morgulis et al. 2006, doi:10.1089/cmb.2006.13.1028. Deviations: only near
    pairs count, which makes the cost linear, and windows have one length.

    Args:
        codes: uint8 `(length,)`.

    Returns:
        bool `(length,)`; False for unknown bases.
    """
    simple = np.zeros(len(codes), bool)
    count = len(codes) - 2
    if count < _WINDOW:
        return simple
    known = codes < UNKNOWN
    # Unknown triplets equal none: two numbers in turn that no triplet has.
    whole = known[:-2] & known[1:-1] & known[2:]
    triplets = codes[:-2] * np.uint8(16) + codes[1:-1] * np.uint8(4) + codes[2:]
    equal = np.zeros(count, np.uint8)
    for lag in range(1, _LAGS + 1):
        equal[lag:] += (triplets[lag:] == triplets[:-lag]) & whole[lag:] & whole[:-lag]
    total = np.cumsum(equal, dtype=np.int64)
    total[_WINDOW:] -= total[:-_WINDOW].copy()
    ends = total > _MEAN * _WINDOW  # of windows
    # A window that ends at triplet i covers the bases i - 31 to i + 2.
    marks = np.zeros(len(codes) + 1, np.int32)
    hits = np.flatnonzero(ends)
    np.add.at(marks, np.maximum(hits - _WINDOW + 1, 0), 1)
    np.add.at(marks, hits + 3, -1)
    simple = np.cumsum(marks[:-1]) > 0
    return simple & known
