"""Which places of a line are covered by intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


class Covered:
    """Half-open intervals `(n,)` of one line, to be asked for overlap."""

    def __init__(self, start: Integers, end: Integers) -> None:
        order = np.argsort(start, kind="stable")
        nowhere = np.iinfo(np.int64).min
        self._start = np.append(nowhere, start[order])
        self._reach = np.append(nowhere, np.maximum.accumulate(end[order]))

    def overlap(self, start: Integers, end: Integers) -> npt.NDArray[np.bool_]:
        """Which of other half-open intervals `(m,)` overlap any of them."""
        # Of those that begin before its end, does any end behind its start?
        before = np.searchsorted(self._start, end) - 1
        overlapping: npt.NDArray[np.bool_] = self._reach[before] > start
        return overlapping
