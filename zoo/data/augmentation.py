"""Codes and targets changed at random, in NumPy, while a batch is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.dna import UNKNOWN, Codes, reverse_complement_codes


def flip(
    codes: Codes,
    targets: npt.NDArray[np.float32] | None,
    chosen: npt.NDArray[np.bool_],
) -> None:
    """Reverse complements the chosen rows in place, and the bins of their profile.

    Args:
        codes: uint8 `(n, length)`.
        targets: `(n, num_outputs)`, which stay, `(n, bins, num_outputs)`, or None.
        chosen: `(n,)`.
    """
    codes[chosen] = reverse_complement_codes(codes[chosen])
    if targets is not None and targets.ndim == 3:
        targets[chosen] = targets[chosen, ::-1]


def shift(codes: Codes, by: npt.NDArray[np.integer[Any]], max_shift: int) -> Codes:
    """Moves each row to the left; N comes in at the end.

    Args:
        codes: uint8 `(n, length)`.
        by: bp, `(n,)`, from -max_shift to max_shift; negative to the right.
        max_shift: bp.

    Returns:
        A new array of the same shape.
    """
    padded = np.pad(codes, ((0, 0), (max_shift,) * 2), constant_values=UNKNOWN)
    windows = np.lib.stride_tricks.sliding_window_view(padded, codes.shape[1], axis=1)
    moved: Codes = windows[np.arange(len(codes)), by + max_shift]
    return moved
