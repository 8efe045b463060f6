"""Bases -> numbers of overlapping k-mers, in the graph."""

from __future__ import annotations

from typing import Any

from keras import ops

from zoo.layers.bases import ReadsBases, known_bases


class ReadsKmers(ReadsBases):
    """Base class of the layers that encode k-mers: vectors of output_dim channels."""

    k: int
    output_dim: int

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
    base, known_base = known_bases(inputs)
    index, known = base[:, : _end(k, 0)], known_base[:, : _end(k, 0)]
    for offset in range(1, k):
        window = slice(offset, _end(k, offset))
        index = index * 4 + base[:, window]
        known = ops.logical_and(known, known_base[:, window])
    return index, known


def _end(k: int, offset: int) -> int | None:
    """Where the window that starts at `offset` ends, counted from the end."""
    return offset - k + 1 or None


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
