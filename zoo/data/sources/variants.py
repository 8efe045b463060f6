"""VCF -> the two alleles of each variant, in their place in a genome."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, NamedTuple

import numpy as np

from registry.files import user_path
from zoo.data.contigs import on_contigs
from zoo.data.examples import Examples, Intervals
from zoo.data.genomes.genome import BEYOND, Beyond, Genome, check_length
from zoo.data.sources.placed import Placed
from zoo.data.sources.rejected import LEAVE_OUT, OnInvalidRow, Rejected
from zoo.data.sources.variant_records import Variant, matching, read_vcf
from zoo.data.sources.variant_sequences import VariantSequences
from zoo.dna import encode
from zoo.errors import InputError, check_choice


class VariantExamples(NamedTuple):
    """The same rows twice, with the reference and with the alternate allele."""

    reference: Examples
    alternate: Examples


def from_variants(
    genome: Genome | str | os.PathLike[str],
    vcf: str | os.PathLike[str],
    *,
    sequence_length: int,
    beyond: Beyond = "error",
    on_invalid: OnInvalidRow = "error",
) -> VariantExamples:
    """The reference and the alternate sequence of each variant of a VCF file.

    One row per alternate allele, in the order of the file: record, then allele. The
    variant's first base lies at `sequence_length // 2`. To its left both sequences
    are the same; to its right an insertion moves bases out of the window, and a
    deletion moves bases into it. Substitutions, insertions and deletions may have any
    length. Alleles that stand for no sequence of their own (".", "*" and the "<*>" and
    "<NON_REF>" of gVCF) are left out and counted. Needs pysam.

    Args:
        genome: A FASTA file, or a `Genome`; the assembly that the VCF file is of.
        vcf: VCF (plain or bgzip) or BCF.
        sequence_length: Length of the windows in bp.
        beyond: What to do with windows beyond the ends of a contig: "error", "pad"
            with N, or "drop" the variant.
        on_invalid: What becomes of a variant whose reference allele is not that of the
            genome, whose alternate is symbolic ("<DEL>") or a breakend, or that lies
            on a contig that the genome lacks (if not all do): "error", "drop", or a
            function that is called with the error.

    Returns:
        Examples without targets. `names` are "chrom:position:reference>alternate",
        1-based as in VCF; `columns` are id, position, reference and alternate.

    Raises:
        InputError: pysam is missing, the file is no VCF, cut short or damaged, has no
            variant on a contig of the genome; or as above.
    """
    check_length(sequence_length, "sequence_length")
    if not isinstance(genome, Genome):
        genome = Genome(genome)
    source, rejected = str(user_path(vcf)), Rejected(on_invalid, LEAVE_OUT)
    found = list(read_vcf(source, rejected))
    if not found:
        raise rejected.nothing_left(source)
    chrom = np.array([variant.chrom for variant in found])
    known = on_contigs(
        chrom,
        lambda row: found[row].where,
        genome.contigs,
        str(genome.path),
        rejected,
        "variants",
    )
    found = [found[row] for row in known.tolist()]
    found = matching(found, genome, rejected)
    positions = np.array([v.position for v in found], np.int64)
    placed = Placed(
        row=np.arange(len(found)),
        contig=genome.contig_numbers([v.chrom for v in found]),
        start=positions - sequence_length // 2,
        position=positions,
        removed=np.array([len(v.reference) for v in found], np.int64),
        inserted=[encode(v.alternate) for v in found],
        from_left=np.ones(len(found), bool),
    )
    sequences = VariantSequences(genome, placed, sequence_length, alternate=False)
    kept = _inside(sequences, found, beyond, rejected)
    if not len(kept):
        raise rejected.nothing_left(source)
    if len(kept) < len(found):
        found = [found[row] for row in kept.tolist()]
        sequences = sequences.subset(kept)
    reference = _examples(found, sequences, source, dict(rejected.counts))
    changed = dataclasses.replace(sequences, alternate=True)
    return VariantExamples(reference, dataclasses.replace(reference, sequences=changed))


def _inside(
    sequences: VariantSequences,
    found: list[Variant],
    beyond: Beyond,
    rejected: Rejected,
) -> Any:
    """Rows whose windows, of both alleles, lie inside their contig, or may not."""
    check_choice("beyond", beyond, BEYOND)
    rows = np.arange(len(found))
    if beyond == "pad":
        return rows
    sizes = np.array([*sequences.genome.contigs.values()], np.int64)
    start, end = sequences.placed.ends(sequences.sequence_length)
    inside = (start >= 0) & (end <= sizes[sequences.placed.contig])
    for row in np.flatnonzero(~inside).tolist():
        variant = found[row]
        error = InputError(
            f"{variant.where}: its window of {sequences.sequence_length} bp "
            'reaches beyond the contig. Use beyond="pad" or beyond="drop".'
        )
        if beyond == "error":
            raise error
        rejected.counts["window beyond the contig"] += 1
    return rows[inside]


def _examples(
    found: list[Variant],
    sequences: VariantSequences,
    source: str,
    dropped: dict[str, int],
) -> Examples:
    placed = sequences.placed
    return Examples(
        sequences=sequences,
        names=np.array(
            [f"{v.chrom}:{v.position + 1}:{v.reference}>{v.alternate}" for v in found]
        ),
        intervals=Intervals(
            chrom=np.array([v.chrom for v in found]),
            start=placed.start,
            end=placed.start + sequences.sequence_length,
            strand=np.full(len(found), "."),
        ),
        columns={
            "id": np.array([v.name for v in found]),
            "position": placed.position + 1,
            "reference": np.array([v.reference for v in found]),
            "alternate": np.array([v.alternate for v in found]),
        },
        dropped=dropped,
        source=source,
    )
