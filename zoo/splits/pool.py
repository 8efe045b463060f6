"""Sequences of any lengths as one array of codes, for work on all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.sequences import Part, windows
from zoo.dna import UNKNOWN, Codes, reverse_complement_codes

#: Unknown bases before, between and behind the sequences: what looks so far beyond the
#: end of one meets none of the next.
MARGIN = 16

_ROWS = 20_000
_BASES = 2_000_000

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pool:
    """Sequences one behind the other, `MARGIN` unknown bases around each."""

    codes: Codes  # (bases and margins,)
    starts: Integers  # places of the first bases in `codes`
    lengths: Integers  # bp

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def bases(self) -> int:
        """Length of all sequences together in bp."""
        return int(self.lengths.sum())

    def sequence(self, row: int) -> Codes:
        """The codes of one sequence."""
        start = self.starts[row]
        return self.codes[start : start + self.lengths[row]]

    def rows(self, places: Integers) -> Integers:
        """The sequence that each place of `codes` belongs to."""
        return np.searchsorted(self.starts, places, side="right") - 1


def pool(sequences: Any) -> Pool:
    """Puts sequences into one array.

    Args:
        sequences: A pool, or what `zoo.data.sequences.windows` takes.

    Raises:
        InputError: They are not sequences.
    """
    if isinstance(sequences, Pool):
        return sequences
    parts = windows(sequences, max_sequences=None, max_bases=None)
    return _pool(next(parts, []))


def pools(sequences: Any) -> Iterator[Pool]:
    """Sequences, as in `pool`, in their order and in parts of some 2 Mb."""
    if isinstance(sequences, Pool):
        yield sequences
        return
    for parts in windows(sequences, max_sequences=_ROWS, max_bases=_BASES):
        yield _pool(parts)


def joined(*pools: Pool) -> Pool:
    """The sequences of one pool, then those of the next."""
    shifts = np.cumsum([0, *(len(each.codes) - MARGIN for each in pools)])
    margin = np.full(MARGIN, UNKNOWN, np.uint8)
    shifted = zip(pools, shifts, strict=False)
    return Pool(
        np.concatenate([*(each.codes[:-MARGIN] for each in pools), margin]),
        np.concatenate([each.starts + shift for each, shift in shifted]),
        np.concatenate([each.lengths for each in pools]),
    )


def keys(pool: Pool) -> tuple[Integers, Integers]:
    """A number for each sequence and one for its reverse complement, int64 `(n,)`.

    Equal sequences have equal numbers, in one process; two others share one with a
    probability of 2^-64 (Python's hash, SipHash). A sequence is the reverse complement
    of another if its first number is the other's second.
    """
    ends, size = pool.starts + pool.lengths, len(pool.codes)
    other = reverse_complement_codes(pool.codes)
    return (
        _hashes(pool.codes, pool.starts, ends),
        _hashes(other, size - ends, size - pool.starts),
    )


def _hashes(codes: Codes, starts: Integers, ends: Integers) -> Integers:
    text = codes.tobytes()
    places = zip(starts.tolist(), ends.tolist(), strict=True)
    return np.fromiter((hash(text[i:j]) for i, j in places), np.int64, len(starts))


def _pool(parts: Sequence[Part]) -> Pool:
    count = sum(len(part.rows) for part in parts)
    first = min((int(part.rows[0]) for part in parts), default=0)
    lengths = np.zeros(count, np.int64)
    for part in parts:
        lengths[part.rows - first] = part.length
    ends = MARGIN + np.cumsum(lengths + MARGIN)
    starts = ends - (lengths + MARGIN)
    codes = np.full(int(ends[-1]) if count else MARGIN, UNKNOWN, np.uint8)
    for part in parts:
        at = starts[part.rows - first]
        size = part.length + MARGIN
        if at[-1] - at[0] == (len(at) - 1) * size:  # no other one is between them
            table = codes[at[0] : at[0] + len(at) * size].reshape(len(at), size)
            table[:, : part.length] = part.codes()
            continue
        for start, row in zip(at.tolist(), part.codes(), strict=True):
            codes[start : start + part.length] = row
    return Pool(codes, starts, lengths)
