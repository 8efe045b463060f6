"""Intervals that overlap or are near as stretches that are read once, in blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Intervals

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stretches:
    """Where to read, and where the intervals lie in what was read.

    Stretches are read one after the other into a block of values, as many as start in
    it. A stretch far longer than a block would be is cut, and intervals at the cut are
    read whole in both.
    """

    chrom: npt.NDArray[np.str_]  # the contig of each stretch
    start: Integers
    end: Integers
    place: Integers  # where its values start in their block
    order: Integers  # the intervals by place
    row_place: Integers  # where the values of each, in that order, start
    blocks: list[tuple[slice, slice]]  # their stretches, and intervals in that order

    @classmethod
    def of(cls, intervals: Intervals, length: int, gap: int, block: int) -> Stretches:
        """Those of intervals of one length.

        Args:
            intervals: At least one.
            length: Their length.
            gap: Bases between intervals that are read with them, at most.
            block: About how many values are read at once.
        """
        names = intervals.chrom.tolist()
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        contig = np.array([numbers[name] for name in names])
        order = np.lexsort((intervals.start, contig))
        contig, start = contig[order], intervals.start[order]
        new = np.append(True, (np.diff(contig) != 0) | (np.diff(start) > length + gap))
        offset = start - start[new][np.cumsum(new) - 1]
        new[1:] |= np.diff(offset // max(1, block - length)) != 0
        first, of_row = np.flatnonzero(new), np.cumsum(new) - 1
        end = start[np.append(first[1:], len(start)) - 1] + length
        sizes = end - start[first]
        before = np.cumsum(sizes) - sizes
        number = before // block
        low = np.flatnonzero(np.diff(number, prepend=-1))
        place = before - np.repeat(before[low], np.diff(low, append=len(number)))
        rows = np.append(first[low], len(start)).tolist()
        bounds = np.append(low, len(number)).tolist()
        return cls(
            chrom=intervals.chrom[order[first]],
            start=start[first],
            end=end,
            place=place,
            order=order,
            row_place=place[of_row] + start - start[first][of_row],
            blocks=[
                (slice(*bounds[i : i + 2]), slice(*rows[i : i + 2]))
                for i in range(len(low))
            ],
        )
