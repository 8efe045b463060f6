"""Where the two alleles of a variant lie in the windows that are predicted.

A substitution has its first base at `window // 2`. An insertion or a deletion has two
placements, as what lies behind it moves: one with the bases left of it in their places,
one with those right of it, and each is the mirror image of the other on the other
strand. So that the same change has the same placements however it is written, both
alleles are first freed of bases they have in common, and the change is then moved as
far to the left, and to the right, as the sequence allows without becoming another one
(the "Variant Overprecision Correction Algorithm" of SPDI, Holmes et al. 2020,
doi:10.1093/bioinformatics/btz856).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, Codes, encode

if TYPE_CHECKING:
    from zoo.data.genomes.genome import Genome

Integers = npt.NDArray[np.int64]
_BASES = {base: encode(base) for base in ALPHABET}
_FIRST_READ = 64  # bp that are read at first to see how far a change can be moved


@dataclasses.dataclass(frozen=True, eq=False)
class Edit:
    """A change of a sequence: some bases removed, others in their place.

    Attributes:
        position: 0-based first base that is removed, or the one that is inserted
            before.
        removed: How many bases are removed.
        inserted: Codes of those that take their place.
    """

    position: int
    removed: int
    inserted: Codes


def edit(position: int, reference: str, alternate: str) -> Edit:
    """The change without the bases that both alleles begin or end with."""
    end = 0
    shorter = min(len(reference), len(alternate))
    while end < shorter and reference[-1 - end] == alternate[-1 - end]:
        end += 1
    start = 0
    while start < shorter - end and reference[start] == alternate[start]:
        start += 1
    inserted = alternate[start : len(alternate) - end]
    return Edit(
        position + start,
        len(reference) - end - start,
        encode(inserted) if inserted else np.empty(0, np.uint8),
    )


def leftmost_and_rightmost(change: Edit, genome: Genome, contig: int) -> list[Edit]:
    """The same change at the first, and at the last, place where it can be written."""
    if change.removed and len(change.inserted):
        return [change, change]
    start, stop = change.position, change.position + change.removed
    unit = change.inserted
    if change.removed:
        unit = genome.gather([contig], [start], change.removed)[0]
    left = _periods(genome, contig, start, unit, -1)
    right = _periods(genome, contig, stop, unit, 1)
    return [
        Edit(start + moved, change.removed, np.roll(change.inserted, -moved))
        for moved in (-left, right)
    ]


def _periods(genome: Genome, contig: int, place: int, unit: Codes, way: int) -> int:
    """How many bases before (-1) or from `place` on (1) go on repeating the unit."""
    size = [*genome.contigs.values()][contig]
    room = place if way < 0 else size - place
    found, length = 0, _FIRST_READ
    while found < room:
        length = min(length, room - found)
        first = place - found - length if way < 0 else place + found
        bases = genome.gather([contig], [first], length)[0][::way]
        numbers = np.arange(found, found + length) % len(unit)
        same = bases == (unit[::-1] if way < 0 else unit)[numbers]
        if not same.all():
            return found + int(np.argmin(same))
        found += length
        length *= 4
    return found


@dataclasses.dataclass(frozen=True, eq=False)
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
        lengths = np.array([len(i) for i in self.inserted], np.int64)
        moved = self.removed - lengths
        offset = self.position - self.start
        shifted = np.flatnonzero(moved)
        if len(shifted):
            way = np.where(self.from_left, moved, -moved)[shifted]
            others = genome.gather(
                self.contig[shifted], self.start[shifted] + way, window, beyond="pad"
            )
            # What comes from the moved window: all on one side of the change.
            place = np.arange(window)
            first = offset[shifted] + np.where(
                self.from_left[shifted], 0, moved[shifted]
            )
            behind = place >= first[:, None]
            takes = np.where(self.from_left[shifted, None], behind, ~behind)
            codes[shifted] = np.where(takes, others, codes[shifted])
        single = (lengths == 1) & (moved == 0) & (offset >= 0) & (offset < window)
        one = np.flatnonzero(single)
        if len(one):
            bases = np.concatenate([self.inserted[i] for i in one.tolist()])
            codes[one, offset[one]] = bases
        first = np.where(self.from_left, offset, offset + moved)
        for row in np.flatnonzero(~single & (lengths > 0)).tolist():
            start, stop = int(first[row]), int(first[row] + lengths[row])
            inside = slice(max(start, 0), max(min(stop, window), 0))
            codes[row, inside] = self.inserted[row][
                inside.start - start : inside.stop - start
            ]
        return codes


def place(
    genome: Genome,
    contig: Integers,
    position: Integers,
    alleles: Sequence[tuple[str, str]],
    *,
    window: int,
    shifts: Sequence[int],
    beyond: str,
) -> Placed:
    """Every placement of every variant, one variant after the other.

    Args:
        genome: Where they lie.
        contig: Number of each variant's contig.
        position: 0-based first base of its reference allele.
        alleles: Reference and alternate, of A, C, G and T.
        window: bp of a window.
        shifts: bp that windows are moved by, to the right where the bases left of the
            change keep their places, to the left where those right of it do.
        beyond: "shift" moves windows that would reach beyond a contig into it.
    """
    middle = window // 2
    found: list[tuple[int, int, int, int, Codes, bool]] = []
    where = position.tolist()
    for row, (reference, alternate) in enumerate(alleles):
        if len(reference) == len(alternate) == 1:
            changes = [Edit(where[row], 1, _BASES[alternate])]
        else:
            change = edit(where[row], reference, alternate)
            changes = [change]
            if change.removed != len(change.inserted):
                changes = leftmost_and_rightmost(change, genome, int(contig[row]))
        for right, made in enumerate(changes):
            start = made.position - middle
            if right:
                start = made.position + made.removed + middle - window
            for shift in shifts:
                begins = start - shift if right else start + shift
                found.append(
                    (row, begins, made.position, made.removed, made.inserted, not right)
                )
    rows, starts, positions, removed, inserted, from_left = zip(*found, strict=True)
    numbers, first = np.array(rows, np.int64), np.array(starts, np.int64)
    contigs = contig[numbers]
    if beyond == "shift":
        room = np.array([*genome.contigs.values()], np.int64)[contigs] - window
        # A contig shorter than the window lies in its middle.
        first = np.where(room < 0, room // 2, np.clip(first, 0, np.maximum(room, 0)))
    return Placed(
        numbers,
        contigs,
        first,
        np.array(positions, np.int64),
        np.array(removed, np.int64),
        list(inserted),
        np.array(from_left),
    )
