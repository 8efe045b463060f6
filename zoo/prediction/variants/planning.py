"""A file of variants -> the rows of each part, all of them checked before any work."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zoo.data.genomes.genome import Genome
from zoo.data.sources.rejected import LEAVE_OUT, OnInvalidRow, Rejected
from zoo.data.sources.variant_records import (
    Variant,
    is_vcf,
    matching,
    on_known_contigs,
    read_variant_table,
    read_vcf,
)
from zoo.errors import InputError
from zoo.prediction.genome.parts import PartsFolder
from zoo.prediction.variants.job import VariantRows, rows_name
from zoo.prediction.variants.placement import place

_CHUNK = 4_096  # variants that are checked at a time
_MAX_PART = 1 << 13
_LETTERS = "ACGT"  # N as an allele says nothing


@dataclass(frozen=True)
class Reading:
    """How variants are read, and which can be scored.

    Attributes:
        source: The file.
        window: bp of a window.
        shifts: bp by which windows are moved.
        beyond: "error", "pad", "drop" or "shift".
        on_invalid: What becomes of a variant that cannot be scored.
    """

    source: str
    window: int
    shifts: tuple[int, ...]
    beyond: str
    on_invalid: OnInvalidRow


class VariantPlan(NamedTuple):
    """What was read.

    Attributes:
        rows: How many variants there are.
        sha256: Of all of them.
        part_rows: Variants in a part.
        left_out: How many were left out, by reason.
    """

    rows: int
    sha256: str
    part_rows: int
    left_out: dict[str, int]


def plan(
    reading: Reading, genome: Genome, folder: PartsFolder, part_bases: int
) -> VariantPlan:
    """Reads all variants once, checks them, and writes the rows of each part.

    Raises:
        InputError: One cannot be scored, or none can be.
    """
    rejected = Rejected(reading.on_invalid, LEAVE_OUT)
    placements = 2 * len(reading.shifts)
    part_rows = max(1, min(_MAX_PART, part_bases // (placements * reading.window)))
    numbers = {name: number for number, name in enumerate(genome.contigs)}
    digest, count, part = hashlib.sha256(), 0, 0
    variants = _usable(reading, genome, rejected)
    while some := list(itertools.islice(variants, part_rows)):
        rows = VariantRows(
            record=np.array([v.record for v in some]),
            allele=np.array([v.allele for v in some]),
            contig=np.array([numbers[v.chrom] for v in some]),
            position=np.array([v.position for v in some]),
            reference=[v.reference for v in some],
            alternate=[v.alternate for v in some],
            name=[v.name for v in some],
        )
        content = rows.to_bytes()
        digest.update(content)
        folder.write(folder.path / rows_name(part), content)
        count, part = count + len(some), part + 1
    if not count:
        raise rejected.nothing_left(reading.source)
    return VariantPlan(count, digest.hexdigest(), part_rows, dict(rejected.counts))


def _usable(reading: Reading, genome: Genome, rejected: Rejected) -> Iterator[Variant]:
    read = read_vcf if is_vcf(reading.source) else read_variant_table
    variants = read(reading.source, rejected, _LETTERS)
    first: Variant | None = None
    known = False
    while some := list(itertools.islice(variants, _CHUNK)):
        first = first or some[0]
        if there := on_known_contigs(some, genome, rejected):
            known = True
            fitting = _fitting(matching(there, genome, rejected), reading, rejected)
            yield from _inside(fitting, genome, reading, rejected)
    if first and not known:  # another naming of all is never left out row by row
        on_known_contigs([first], genome, Rejected("error"))


def _fitting(
    found: list[Variant], reading: Reading, rejected: Rejected
) -> list[Variant]:
    """Those whose alleles lie wholly in their half of the window."""
    room = (reading.window + 1) // 2 - max(map(abs, reading.shifts))
    kept = []
    for variant in found:
        longest = max(len(variant.reference), len(variant.alternate))
        if longest <= room:
            kept.append(variant)
            continue
        rejected(
            "allele longer than its place in the window",
            InputError(
                f"{variant.where}: expected alleles of at most {room} bp, which lie "
                f"wholly in a window of {reading.window} bp. Received: one of "
                f"{longest} bp."
            ),
        )
    return kept


def _inside(
    found: list[Variant], genome: Genome, reading: Reading, rejected: Rejected
) -> Iterator[Variant]:
    """Those whose windows lie within their contig, or may not."""
    if reading.beyond in ("pad", "shift") or not found:
        yield from found
        return
    contig = genome.contig_numbers([variant.chrom for variant in found])
    placed = place(
        genome,
        contig,
        np.array([variant.position for variant in found]),
        [(variant.reference, variant.alternate) for variant in found],
        window=reading.window,
        shifts=reading.shifts,
        beyond=reading.beyond,
    )
    start, end = placed.ends(reading.window)
    sizes = np.array([*genome.contigs.values()])[contig]
    outside = np.zeros(len(found), bool)
    outside[placed.row[(start < 0) | (end > sizes[placed.row])]] = True
    for variant, size, out in zip(found, sizes, outside, strict=True):
        if not out:
            yield variant
        elif reading.beyond == "drop":
            rejected.counts["window beyond the contig"] += 1
        else:
            raise InputError(
                f"{variant.where}: its window of {reading.window} bp reaches beyond "
                f"the contig, which has {size} bp. Fill it with N (--beyond pad, in "
                "Python beyond='pad'), or leave such variants out (--beyond drop)."
            )
