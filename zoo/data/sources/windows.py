"""Windows of one length around intervals, and whether a genome has them."""

from __future__ import annotations

import numpy as np

from zoo.data.examples import Intervals
from zoo.data.genomes.genome import Beyond, Genome
from zoo.data.intervals.tables import Centre, IntervalTable
from zoo.data.sources.labels import Mask, as_numbers
from zoo.data.sources.rejected import Rejected
from zoo.errors import InputError


def window_intervals(
    table: IntervalTable,
    length: int,
    centre: Centre,
    stranded: bool,
    ok: Mask,
    rejected: Rejected,
) -> Intervals:
    """The `length` bp around the centre of each interval.

    The centre None is the summit where the format has summits and any row has one: a
    row without rejects then.
    """
    where = table.intervals
    middle = (where.start + where.end) // 2
    peaks = np.full(len(where), -1.0)
    if centre == "summit" or (centre is None and table.summits):
        peaks, _ = as_numbers(table.cells["peak"])
    if centre == "summit" or (peaks != -1).any():
        inside = (peaks >= 0) & (peaks < where.end - where.start) & (peaks % 1 == 0)
        for row in np.flatnonzero(~inside).tolist():
            ok[row] = False
            rejected(
                "no summit",
                InputError(
                    f"{table.where(row)}: expected a summit within the interval as "
                    f"'peak', in bp from its start. Received: "
                    f"{str(table.cells['peak'][row])!r:.60}. -1 is none: use "
                    "centre='midpoint' (--centre midpoint)."
                ),
            )
        middle = where.start + np.where(inside, peaks, 0).astype(np.int64)
    start = middle - length // 2
    strand = where.strand if stranded else np.full(len(start), ".")
    return Intervals(where.chrom, start, start + length, strand)


def check_ends(
    table: IntervalTable,
    windows: Intervals,
    genome: Genome,
    beyond: Beyond,
    ok: Mask,
    rejected: Rejected,
    max_shift: int = 0,
) -> None:
    """Rejects windows and intervals that reach beyond the ends of their contig."""
    if beyond == "pad":
        return
    lengths = np.array([*genome.contigs.values()])[genome.contig_numbers(windows.chrom)]
    end = np.maximum(windows.end, table.intervals.end)
    outside = np.flatnonzero(((windows.start < 0) | (end > lengths)) & ok)
    if beyond == "drop":
        ok[outside] = False
        if len(outside):
            rejected.counts["beyond the ends of its contig"] += len(outside)
        return
    if len(outside):
        row = int(outside[0])
        chrom = windows.chrom[row]
        raise InputError(
            f"{table.where(row)}: expected the interval and its window within {chrom}, "
            f"which has {lengths[row]:,} bp in {genome.path}. Received: the window "
            f"{windows.start[row]}-{windows.end[row]}"
            + f", {max_shift} bp of max_shift on each side,"
            * bool(max_shift)
            + " of the interval "
            f"{table.intervals.start[row]}-{table.intervals.end[row]} "
            f"({len(outside):,} of {len(ok):,} are such). Is it the same assembly? "
            "beyond='pad' reads N there, and beyond='drop' leaves them out."
        )


def check_duplicates(
    table: IntervalTable,
    windows: Intervals,
    duplicates: str,
    ok: Mask,
    rejected: Rejected,
) -> None:
    """Rejects windows that an earlier row has, on the same strand."""
    if duplicates == "keep":
        return
    _, chrom = np.unique(windows.chrom, return_inverse=True)
    order = np.lexsort((np.arange(len(ok)), windows.strand, windows.start, chrom))
    order = order[ok[order]]
    same = (
        (chrom[order[1:]] == chrom[order[:-1]])
        & (windows.start[order[1:]] == windows.start[order[:-1]])
        & (windows.strand[order[1:]] == windows.strand[order[:-1]])
    )
    repeated = order[1:][same]
    if not len(repeated):
        return
    if duplicates == "drop":
        ok[repeated] = False
        rejected.counts["duplicate window"] += len(repeated)
        return
    place = int(np.argmax(same))
    row, earlier = int(order[place + 1]), int(order[place])
    raise InputError(
        f"{table.where(row)}: the window {windows.chrom[row]}:{windows.start[row]}-"
        f"{windows.end[row]} is also that of {table.where(earlier)} "
        f"({len(repeated):,} of {len(ok):,} windows repeat an earlier one). Say what "
        "to do: duplicates='drop' (the first stays) or 'keep'."
    )


def middle_of(windows: Intervals, length: int) -> Intervals:
    """The `length` bp in the middle of each window."""
    start = windows.start + (windows.end - windows.start - length) // 2
    return Intervals(windows.chrom, start, start + length, windows.strand)
