"""Find duplicate names in a stream of millions, at 8 bytes a name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class SeenNames:
    """The names met so far, as 64-bit hashes in a few sorted arrays.

    A set of 5 million names would take some 500 MB, these arrays take 40 MB, and
    twice that for a moment while two of them are merged. The price: two different
    names may share a hash (Python's own, SipHash). Among 5 million names that
    happens in about one file in 1.5 million, and then a name is called a duplicate
    that is not one.
    """

    def __init__(self) -> None:
        # Each is at most half as long as the one before, so that a new batch looks
        # into few arrays and each hash is moved only a few times.
        self._sorted: list[npt.NDArray[np.int64]] = []

    def add(self, names: Sequence[bytes]) -> list[int]:
        """Add names; returns the indices of those met before, here or earlier."""
        hashes = np.fromiter(map(hash, names), np.int64, len(names))
        unique, first = np.unique(hashes, return_index=True)
        duplicate = np.ones(len(names), bool)
        duplicate[first] = False
        for known in self._sorted:
            place = np.searchsorted(known, unique)
            place[place == known.size] = 0
            duplicate[first[known[place] == unique]] = True
        self._sorted.append(unique)
        while len(self._sorted) > 1 and self._sorted[-2].size < 2 * unique.size:
            unique = np.concatenate(self._sorted[-2:])
            del self._sorted[-2:]
            # Stable is merge sort, linear on two sorted runs; here without a copy.
            unique.sort(kind="stable")
            self._sorted.append(unique)
        return np.flatnonzero(duplicate).tolist()
