"""Where the two alleles of a variant lie in the windows that are predicted.

A substitution of one base has it at `window // 2`. All else has two placements: one
with its first base there and the bases left of it in their places, and the mirror image
of what that is on the other strand, with those right of it in their places. So that the
same change has the same placements however it is written, both alleles are first freed
of bases they have in common, and the change is then moved as far to the left, and to
the right, as the sequence allows without becoming another one (the "Variant
Overprecision Correction Algorithm" of SPDI, Holmes et al. 2020,
doi:10.1093/bioinformatics/btz856).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.sources.placed import Integers, Placed
from zoo.dna import ALPHABET, Codes, encode

if TYPE_CHECKING:
    from zoo.data.genomes.genome import Genome


_BASES = {base: encode(base) for base in ALPHABET}
_FEW = 64  # bp that are read at first to see how far a change can be moved


@dataclasses.dataclass(frozen=True, eq=False)
class Edit:
    """A change of a sequence: some bases removed, others in their place.

    Attributes:
        position: 0-based first base that is removed, or the one that is inserted
            before.
        removed: How many bases are removed.
        inserted: Codes of those that take their place.
        unit: Codes of what an insertion or a deletion brings or takes.
    """

    position: int
    removed: int
    inserted: Codes
    unit: Codes


def edit(position: int, reference: str, alternate: str) -> Edit:
    """The change without the bases that both alleles begin or end with.

    Where nothing changes it keeps them all: no base has a better claim to be the place.
    """
    if len(reference) == len(alternate) == 1:
        return Edit(position, 1, _BASES[alternate], _BASES[alternate])
    if reference == alternate:
        same = _codes(reference)
        return Edit(position, len(same), same, same)
    end = 0
    shorter = min(len(reference), len(alternate))
    while end < shorter and reference[-1 - end] == alternate[-1 - end]:
        end += 1
    start = 0
    while start < shorter - end and reference[start] == alternate[start]:
        start += 1
    removed = _codes(reference[start : len(reference) - end])
    inserted = _codes(alternate[start : len(alternate) - end])
    unit = inserted if len(inserted) else removed
    return Edit(position + start, len(removed), inserted, unit)


def _codes(text: str) -> Codes:
    return encode(text) if text else np.empty(0, np.uint8)


def leftmost_and_rightmost(
    changes: Sequence[Edit], genome: Genome, contigs: Integers
) -> list[list[Edit]]:
    """The same changes at the first, and at the last, place where each can be written.

    Args:
        changes: As of `edit`.
        genome: What they change.
        contigs: Number of the contig of each.
    """
    found = [[change, change] for change in changes]
    moving = [
        row
        for row, change in enumerate(changes)
        if bool(change.removed) != bool(len(change.inserted))
    ]
    if not moving:
        return found
    some, where = [changes[row] for row in moving], contigs[moving]
    units = [change.unit for change in some]
    first = np.array([change.position for change in some])
    last = first + [change.removed for change in some]
    left = _periods(genome, where, first, units, -1)
    right = _periods(genome, where, last, units, 1)
    for row, change, *ways in zip(moving, some, -left, right, strict=True):
        found[row] = [_moved(change, int(way)) for way in ways]
    return found


def _moved(change: Edit, by: int) -> Edit:
    """The same change, written elsewhere in the repeat that it lies in."""
    at = by % len(change.unit)
    unit = np.concatenate([change.unit[at:], change.unit[:at]])
    inserted = unit if len(change.inserted) else change.inserted
    return Edit(change.position + by, change.removed, inserted, unit)


def _periods(
    genome: Genome, contigs: Integers, places: Integers, units: list[Codes], way: int
) -> Integers:
    """How many bases before (-1) or from a place on (1) go on repeating each unit."""
    sizes = np.array([len(unit) for unit in units])
    flat, begins = np.concatenate(units), np.cumsum(sizes) - sizes
    found, rows, length = np.zeros(len(units), np.int64), np.arange(len(units)), _FEW
    while len(rows):
        seen, size = found[rows], sizes[rows, None]
        starts = places[rows] + (seen if way > 0 else -seen - length)
        # Beyond a contig is N, which no unit has.
        bases = genome.gather(contigs[rows], starts, length, beyond="pad")[:, ::way]
        at = (seen[:, None] + np.arange(length)) % size
        at = at if way > 0 else size - 1 - at
        differ = bases != flat[begins[rows, None] + at]
        on = ~differ.any(axis=1)
        found[rows] += np.where(on, length, differ.argmax(axis=1))
        rows, length = rows[on], 4 * length
    return found


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
    changes = [
        edit(at, *pair) for at, pair in zip(position.tolist(), alleles, strict=True)
    ]
    for row, both in enumerate(leftmost_and_rightmost(changes, genome, contig)):
        single = changes[row].removed == len(changes[row].inserted) == 1
        for right, made in enumerate(both[:1] if single else both):
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
