"""Many stretches of one length out of one long array, in one call."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

_CHUNK_BYTES = 1 << 22  # of one thread's turn; smaller ones were slower
_THREADS = 4  # more would wait for memory


def take_windows(
    flat: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], length: int
) -> npt.NDArray[np.uint8]:
    """`flat[start : start + length]` of each start, uint8 `(n, length)`, a new array.

    Each row is copied as one element of `length` bytes: no index a base is ever made.
    NumPy lets other threads run meanwhile, so that several of them fill a large array;
    half of the time goes into its new pages.
    """
    if len(starts) == 0:
        return np.empty((0, length), np.uint8)
    count = len(flat) - length + 1
    windows = np.ndarray((count,), f"V{length}", flat.data, strides=(1,))
    rows = max(1, _CHUNK_BYTES // length)
    if len(starts) <= 2 * rows:
        return windows[starts].view(np.uint8).reshape(len(starts), length)
    out = np.empty(len(starts), windows.dtype)

    def fill(first: int) -> None:
        out[first : first + rows] = windows[starts[first : first + rows]]

    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        list(pool.map(fill, range(0, len(starts), rows)))
    return out.view(np.uint8).reshape(len(starts), length)
