"""Sequences of any lengths as one array of codes, for work on all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples
from zoo.dna import UNKNOWN, Codes, check_codes
from zoo.errors import InputError

#: Unknown bases before, between and behind the sequences: what looks so far beyond the
#: end of one meets none of the next.
MARGIN = 16

_ROWS = 16_384

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pool:
    """Sequences one behind the other, `MARGIN` unknown bases around each.

    Attributes:
        codes: uint8 `(bases and margins,)`.
        starts: Place of each sequence's first base in `codes`, int64 `(n,)`.
        lengths: In bp, int64 `(n,)`.
    """

    codes: Codes
    starts: Integers
    lengths: Integers

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


def pool(sequences: Pool | Examples | Codes | Iterable[Codes]) -> Pool:
    """Puts sequences into one array.

    Args:
        sequences: A pool, examples, uint8 codes `(n, length)`, or one array
            `(length,)` each.

    Raises:
        InputError: They are no codes, or one sequence is no array of one dimension.
    """
    if isinstance(sequences, Pool):
        return sequences
    if isinstance(sequences, Examples):
        return _equal_lengths(sequences)
    if isinstance(sequences, np.ndarray) and sequences.ndim == 2:
        from zoo.data.examples import CodesInMemory

        return _equal_lengths(Examples(CodesInMemory(check_codes(sequences))))
    return _any_lengths([check_codes(each) for each in sequences])


def joined(first: Pool, second: Pool) -> Pool:
    """The sequences of one pool, then those of another."""
    shift = len(first.codes) - MARGIN
    return Pool(
        np.concatenate([first.codes, second.codes[MARGIN:]]),
        np.concatenate([first.starts, second.starts + shift]),
        np.concatenate([first.lengths, second.lengths]),
    )


def _equal_lengths(examples: Examples) -> Pool:
    count, length = len(examples), examples.sequence_length
    codes = np.full(MARGIN + count * (length + MARGIN), UNKNOWN, np.uint8)
    table = codes[MARGIN:].reshape(count, length + MARGIN)
    for first in range(0, count, _ROWS):
        rows = np.arange(first, min(first + _ROWS, count))
        table[rows, :length] = examples.sequences.gather(rows)
    starts = MARGIN + np.arange(count, dtype=np.int64) * (length + MARGIN)
    return Pool(codes, starts, np.full(count, length, np.int64))


def _any_lengths(sequences: Sequence[Codes]) -> Pool:
    for each in sequences:
        if each.ndim != 1:
            raise InputError(
                "Expected the codes (length,) of each sequence. Received shape: "
                f"{each.shape}"
            )
    margin = np.full(MARGIN, UNKNOWN, np.uint8)
    parts = [margin]
    for each in sequences:
        parts += [each, margin]
    lengths = np.array([len(each) for each in sequences], np.int64)
    starts = MARGIN + np.cumsum(lengths + MARGIN) - (lengths + MARGIN)
    return Pool(np.concatenate(parts), starts, lengths)
