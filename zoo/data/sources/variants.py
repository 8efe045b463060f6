"""VCF -> the two alleles of each variant, in their place in a genome."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from registry.files import user_path
from zoo.data.contigs import on_contigs
from zoo.data.examples import Examples, Intervals
from zoo.data.genomes.genome import BEYOND, Beyond, Genome, check_length
from zoo.data.sources.rejected import LEAVE_OUT, OnInvalidRow, Rejected
from zoo.data.sources.variant_sequences import VariantSequences
from zoo.dna import decode, encode
from zoo.errors import InputError, check_choice, optional

_SPANNED = "*"  # an allele that another variant has deleted


class VariantExamples(NamedTuple):
    """The same rows twice, with the reference and with the alternate allele."""

    reference: Examples
    alternate: Examples


class _Variant(NamedTuple):
    where: str  # what errors call it
    chrom: str
    position: int  # 0-based
    reference: str
    alternate: str
    name: str


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
    length. Alleles that stand for no sequence of their own ("." and "*") are left out
    and counted. Needs pysam.

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
    source, rejected = str(user_path(vcf)), Rejected(on_invalid)
    found = list(_read(source, rejected))
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
        hint=LEAVE_OUT,
    )
    found = [found[row] for row in known.tolist()]
    found = _of_this_genome(found, genome, rejected)
    sequences = VariantSequences(
        genome=genome,
        contig_numbers=genome.contig_numbers([v.chrom for v in found]),
        positions=np.array([v.position for v in found], np.int64),
        removed=np.array([len(v.reference) for v in found], np.int64),
        alleles=np.concatenate(
            [np.empty(0, np.uint8), *(encode(v.alternate) for v in found)]
        ),
        ends=np.cumsum([len(v.alternate) for v in found], dtype=np.int64),
        sequence_length=sequence_length,
        alternate=False,
    )
    kept = _inside(sequences, found, beyond, rejected)
    if not len(kept):
        raise rejected.nothing_left(source)
    if len(kept) < len(found):
        found = [found[row] for row in kept.tolist()]
        sequences = sequences.subset(kept)
    reference = _examples(found, sequences, source, dict(rejected.counts))
    changed = dataclasses.replace(sequences, alternate=True)
    return VariantExamples(reference, dataclasses.replace(reference, sequences=changed))


def _read(source: str, rejected: Rejected) -> Iterator[_Variant]:
    with _opened(source) as records:
        for number, record in enumerate(records, start=1):
            reference = (record.ref or "").upper()
            where = f"{source}, record {number} ({record.chrom}:{record.pos})"
            for allele in record.alts or (".",):
                if allele in (".", _SPANNED):
                    rejected.counts["allele without a sequence of its own"] += 1
                    continue
                alternate = allele.upper()
                if not set(reference + alternate) <= set("ACGTN"):
                    rejected(
                        "symbolic allele or breakend",
                        InputError(
                            f"{where}: expected alleles of A, C, G, T and N. Received: "
                            f"{reference:.40} > {alternate:.40}. Leave such variants "
                            'out with on_invalid="drop".'
                        ),
                    )
                    continue
                place, name = record.pos - 1, record.id or ""
                yield _Variant(where, record.chrom, place, reference, alternate, name)


@contextlib.contextmanager
def _opened(source: str) -> Iterator[Any]:
    """The records of a file, its faults as our errors, htslib's own words silenced."""
    pysam = optional("pysam", "genome", f"{source}: VCF")
    before = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(source) as records:
            yield records
    except NotImplementedError:
        raise InputError(
            f"{source}: compressed with gzip. Expected bgzip or plain text: gunzip it, "
            "or zcat it into bgzip."
        ) from None
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{source}: no such file.") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"{source}: cut short, damaged or not a VCF file: {error}. Expected a "
            "header that begins with ##fileformat=VCF and whole records; bcftools view "
            "says where it ends."
        ) from None
    finally:
        pysam.set_verbosity(before)


def _of_this_genome(
    found: list[_Variant], genome: Genome, rejected: Rejected
) -> list[_Variant]:
    """Those whose reference allele is what the genome has there."""
    numbers = genome.contig_numbers([variant.chrom for variant in found])
    sizes = [*genome.contigs.values()]
    by_length: dict[int, list[int]] = {}
    for row, variant in enumerate(found):
        by_length.setdefault(len(variant.reference), []).append(row)
    wrong: dict[int, str] = {}
    for length, members in by_length.items():
        rows = np.array(members)
        starts = np.array([found[row].position for row in members])
        codes = genome.gather(numbers[rows], starts, length, beyond="pad")
        expected = np.stack([encode(found[row].reference) for row in members])
        for at in np.flatnonzero((codes != expected).any(axis=1)).tolist():
            wrong[members[at]] = decode(codes[at])
    for row in sorted(wrong):
        variant = found[row]
        size = sizes[numbers[row]]
        there = wrong[row] if variant.position < size else f"the end, at {size:,} bp"
        rejected(
            "reference allele is not the genome's",
            InputError(
                f"{variant.where}: expected the reference allele "
                f"{there:.40}, which {genome.path} has there. Received: "
                f"{variant.reference:.40}. Is it the same assembly?"
            ),
        )
    return [variant for row, variant in enumerate(found) if row not in wrong]


def _inside(
    sequences: VariantSequences,
    found: list[_Variant],
    beyond: Beyond,
    rejected: Rejected,
) -> Any:
    """Rows whose windows, of both alleles, lie inside their contig, or may not."""
    check_choice("beyond", beyond, BEYOND)
    rows = np.arange(len(found))
    if beyond == "pad":
        return rows
    sizes = np.array([*sequences.genome.contigs.values()], np.int64)
    start = sequences.positions - sequences.sequence_length // 2
    moved_in = np.maximum(sequences.removed - sequences.lengths, 0)
    end = start + sequences.sequence_length + moved_in
    inside = (start >= 0) & (end <= sizes[sequences.contig_numbers])
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
    found: list[_Variant],
    sequences: VariantSequences,
    source: str,
    dropped: dict[str, int],
) -> Examples:
    start = sequences.positions - sequences.sequence_length // 2
    return Examples(
        sequences=sequences,
        names=np.array(
            [f"{v.chrom}:{v.position + 1}:{v.reference}>{v.alternate}" for v in found]
        ),
        intervals=Intervals(
            chrom=np.array([v.chrom for v in found]),
            start=start,
            end=start + sequences.sequence_length,
            strand=np.full(len(found), "."),
        ),
        columns={
            "id": np.array([v.name for v in found]),
            "position": sequences.positions + 1,
            "reference": np.array([v.reference for v in found]),
            "alternate": np.array([v.alternate for v in found]),
        },
        dropped=dropped,
        source=source,
    )
