"""Windows of a genome with changes in them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes

if TYPE_CHECKING:
    from zoo.data.genomes.genome import Genome

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Placed:
    """Windows of the genome with changes in them, one entry each.

    Attributes:
        row: The variant.
        contig: Its contig's number.
        start: First base of the reference's window.
        position: First base that is removed.
        removed: How many are.
        inserted: Codes of those that take their place.
        from_left: Whether bases left of the change keep their places, or else those
            right of it.
    """

    row: Integers
    contig: Integers
    start: Integers
    position: Integers
    removed: Integers
    inserted: list[Codes]
    from_left: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)

    def moved(self) -> Integers:
        """How far bases on the side that does not keep its places move in, in bp."""
        return self.removed - np.array([len(i) for i in self.inserted], np.int64)

    def ends(self, window: int) -> tuple[Integers, Integers]:
        """The first base that either allele's window reads, and one past the last."""
        moved = self.moved()
        inwards = np.maximum(moved, 0)
        start = self.start - np.where(self.from_left, 0, inwards)
        end = self.start + window + np.where(self.from_left, inwards, 0)
        return start, end

    def subset(self, rows: npt.NDArray[np.integer]) -> Placed:
        """Those of `rows`."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        inserted = [self.inserted[i] for i in rows.tolist()]
        others = {n: x[rows] for n, x in values.items() if n != "inserted"}
        return Placed(**others, inserted=inserted)

    def reference(self, genome: Genome, window: int) -> Codes:
        """uint8 codes (n, window); beyond a contig's ends is N."""
        return genome.gather(self.contig, self.start, window, beyond="pad")

    def alternate(self, genome: Genome, reference: Codes) -> Codes:
        """The same windows with the changes made.

        Args:
            genome: What they are of.
            reference: Of `reference`.
        """
        codes, window = reference.copy(), reference.shape[1]
        moved = self.moved()
        lengths = self.removed - moved
        offset = self.position - self.start
        # Where in the window the inserted bases begin.
        first = np.where(self.from_left, offset, offset + moved)
        shifted = np.flatnonzero(moved)
        if len(shifted):
            way = np.where(self.from_left, moved, -moved)[shifted]
            others = genome.gather(
                self.contig[shifted], self.start[shifted] + way, window, beyond="pad"
            )
            # What comes from the moved window: all on one side of the change.
            behind = np.arange(window) >= first[shifted, None]
            takes = behind == self.from_left[shifted, None]
            codes[shifted] = np.where(takes, others, codes[shifted])
        single = (lengths == 1) & (moved == 0) & (offset >= 0) & (offset < window)
        one = np.flatnonzero(single)
        if len(one):
            bases = np.concatenate([self.inserted[i] for i in one.tolist()])
            codes[one, offset[one]] = bases
        for row in np.flatnonzero(~single & (lengths > 0)).tolist():
            start, stop = int(first[row]), int(first[row] + lengths[row])
            inside = slice(max(start, 0), max(min(stop, window), 0))
            codes[row, inside] = self.inserted[row][
                inside.start - start : inside.stop - start
            ]
        return codes
