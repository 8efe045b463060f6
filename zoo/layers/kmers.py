"""Bases -> numbers of overlapping k-mers, in the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

from zoo.layers.bases import ReadsBases, known_bases


class ReadsWords(ReadsBases):
    """Base class of the layers of words of at most k bases, each a vector."""

    k: int
    output_dim: int


class ReadsKmers(ReadsWords):
    """Base class of the layers that encode k-mers: vectors of output_dim channels."""

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, length - k + 1, output_dim)."""
        return (input_shape[0], kmer_positions(input_shape[1], self.k), self.output_dim)

    def input_window(self) -> dict[str, Any]:
        """The bases of a k-mer, see `zoo.receptive_field`."""
        return {"kernel_size": self.k}


def kmer_index(inputs: Any, k: int) -> tuple[Any, Any]:
    """Numbers each overlapping k-mer in base 4, first base most significant.

    Args:
        inputs: Integer codes (batch, length), or one-hot (batch, length, 4), ACGT.
        k: Bases in a k-mer.

    Returns:
        index: int32 (batch, length - k + 1), 0 to 4^k - 1.
        known: bool, same shape; False where the k-mer holds an unknown base
            (its index then counts another base in its place).
    """
    return word_index(*known_bases(inputs), range(k))


def word_index(base: Any, known: Any, offsets: Sequence[int]) -> tuple[Any, Any]:
    """As `kmer_index`, of letters at offsets from where a word starts.

    Args:
        base: 0 to 3, (batch, length).
        known: bool, same shape.
        offsets: Of the letters, in the order of their worth.

    Returns:
        index, known: (batch, length - the largest offset).
    """
    index: Any = 0
    whole: Any = True
    for offset in offsets:
        window = slice(offset, offset - max(offsets) or None)
        index = index * 4 + base[:, window]
        whole = ops.logical_and(whole, known[:, window])
    return index, whole


def kmer_positions(length: int | None, k: int) -> int | None:
    """The number of overlapping k-mers in `length` bases: length - k + 1.

    Raises:
        ValueError: The sequence is shorter than k.
    """
    if length is None:
        return None
    if length < k:
        raise ValueError(f"{k}-mers need at least {k} bases. Received: length={length}")
    return length - k + 1
