"""Ends of reads by their place, in a temporary file, and counted from there.

A place is one number: that of the base within its contig, plus the lengths of the
contigs before it, each made longer by a margin, so that places that were moved by a few
bases stay with their contig. What is added is sorted a few million at a time, so that
memory is bounded and reads may come in any order; a stretch of the genome is then read
out of each of these runs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

#: bp that an end can be moved without reaching another contig.
MARGIN = 32
_ENDS_A_RUN = 1 << 22
_BASES_AT_ONCE = 1 << 22
_SPARSE = 16  # bases for an end: sorting these is faster than counting all bases


class GenomePlaces:
    """Contigs in one row.

    Args:
        contigs: Lengths in bp by name.
    """

    def __init__(self, contigs: Mapping[str, int]) -> None:
        self.lengths = np.array([*contigs.values()], np.int64)
        ends = np.cumsum(self.lengths + MARGIN) + MARGIN
        self.starts = ends - self.lengths - MARGIN
        self.total = int(ends[-1]) if len(ends) else 0
        # Half the memory, and the time to sort it, for all but the largest genomes.
        self.dtype = np.dtype(np.uint32 if self.total + MARGIN < 1 << 32 else np.uint64)

    def of(self, contig: Integers, position: Integers) -> Integers:
        """GenomePlaces of bases, 0-based, by the number of their contig."""
        return self.starts[contig] + position

    def bases(self, places: Integers) -> tuple[Integers, Integers]:
        """Numbers of contigs, and positions, which may lie beyond their ends."""
        contig = np.searchsorted(self.starts - MARGIN, places, side="right") - 1
        return contig, places - self.starts[contig]


class Ends:
    """GenomePlaces of ends on one strand.

    Args:
        places: Of the genome.
        folder: Where the temporary file lies.
    """

    def __init__(self, places: GenomePlaces, folder: Path) -> None:
        self._places = places
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._runs: list[npt.NDArray[np.unsignedinteger]] = []
        self._waiting: list[Integers] = []
        self._count = self._waits = 0

    def __len__(self) -> int:
        return self._count + self._waits

    def close(self) -> None:
        """Removes the file."""
        self._runs.clear()
        self._file.close()

    def add(self, places: Integers) -> None:
        """Takes more."""
        self._waiting.append(places)
        self._waits += len(places)
        if self._waits >= _ENDS_A_RUN:
            self._write()

    def end(self) -> None:
        """Nothing is added any more."""
        if self._waits:
            self._write()

    def _write(self) -> None:
        run = np.concatenate(self._waiting).astype(self._places.dtype)
        run.sort()
        at = self._count * run.itemsize
        self._file.write(run.data)
        self._file.flush()
        self._runs.append(np.memmap(self._file, run.dtype, "r", at, run.shape))
        self._count += len(run)
        self._waiting, self._waits = [], 0

    def between(self, first: int, last: int) -> list[npt.NDArray[np.unsignedinteger]]:
        """Those from a place up to another, of each run that has any; not read yet."""
        low = self._places.dtype.type(max(first, 0))
        high = self._places.dtype.type(max(last, 0))
        found = []
        for run in self._runs:
            start, stop = np.searchsorted(run, np.array([low, high]))
            if start < stop:
                found.append(run[start:stop])
        return found

    def sample(self, at_most: int) -> Integers:
        """About so many, evenly from all of them."""
        step = max(1, len(self) // at_most)
        found = [run[::step].astype(np.int64) for run in self._runs]
        return np.concatenate(found) if found else np.empty(0, np.int64)


def counted(
    places: GenomePlaces, moved: list[tuple[Ends, int]]
) -> Iterator[tuple[Integers, Integers]]:
    """GenomePlaces with ends in the order of the genome, and how many, some at a time.

    Args:
        places: Of the genome.
        moved: Ends, and by how many bases they are moved.
    """
    for first in range(0, places.total, _BASES_AT_ONCE):
        last = min(first + _BASES_AT_ONCE, places.total)
        runs = [
            (run, by - first)
            for ends, by in moved
            for run in ends.between(first - by, last - by)
        ]
        total = sum(len(run) for run, _ in runs)
        if not total:
            continue
        if total * _SPARSE < last - first:
            joined = np.concatenate([run.astype(np.int64) + by for run, by in runs])
            where, counts = np.unique(joined, return_counts=True)
        else:
            counts = np.zeros(last - first, np.int64)
            for run, by in runs:  # one by one: a mitochondrion may have most reads
                counts += np.bincount(run.astype(np.int64) + by, minlength=last - first)
            where = np.flatnonzero(counts)
            counts = counts[where]
        yield where + first, counts
