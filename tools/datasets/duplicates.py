"""Equal sequences, found on one strand or on both."""

from __future__ import annotations

import numpy as np

from zoo.dna import reverse_complement_codes


def sequence_keys(codes: np.ndarray, both_strands: bool) -> np.ndarray:
    """A key per sequence; equal keys are equal sequences.

    Args:
        codes: uint8 `(n, length)`.
        both_strands: Whether a sequence equals its reverse complement. The key is
            then the smaller of the two.

    Returns:
        Byte strings `(n,)` that NumPy can sort and compare.
    """
    keys = _as_bytes(codes)
    if not both_strands:
        return keys
    others = _as_bytes(reverse_complement_codes(codes))
    return np.where(keys < others, keys, others)


def _as_bytes(codes: np.ndarray) -> np.ndarray:
    # NumPy drops zero bytes at the end of a byte string, and A is zero.
    codes = np.ascontiguousarray(codes) + np.uint8(1)
    return codes.view(f"S{codes.shape[1]}").ravel()


def merge_labels(
    keys: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """Merges rows of equal sequences into one row with the labels of all.

    Args:
        keys: Byte strings `(n,)`.
        labels: float32 `(n, num_outputs)`: 0, 1 or NaN.

    Returns:
        The index of the first row of each sequence `(m,)`, in the order of the rows;
        the merged labels float32 `(m, num_outputs)`; and the number of labels that
        were 0 in one row and 1 in another, which become NaN.
    """
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    lowest = np.full((len(first), labels.shape[1]), np.inf, np.float32)
    highest = np.full_like(lowest, -np.inf)
    # fmin and fmax ignore NaN.
    np.fmin.at(lowest, group, labels)
    np.fmax.at(highest, group, labels)
    merged = np.where(lowest == highest, lowest, np.float32(np.nan))
    conflicts = int((lowest < highest).sum())
    order = np.argsort(first)
    return first[order], merged[order], conflicts
