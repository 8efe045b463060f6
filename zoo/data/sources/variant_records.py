"""VCF files and tables of variants -> the alleles that can be put into a sequence."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from zoo.data.contigs import missing_contigs
from zoo.data.genomes.genome import Genome
from zoo.data.sources.rejected import Rejected
from zoo.data.tables import encode_cell, table_rows
from zoo.dna import decode, encode
from zoo.errors import InputError, optional
from zoo.files.inputs import open_input

#: Of nothing, of what another variant has deleted, and of gVCF's "all others".
_NO_SEQUENCE = frozenset({".", "*", "<*>", "<NON_REF>"})

_NAMED_VCF = re.compile(r"\.(vcf(\.b?gz)?|bcf)$", re.IGNORECASE)

COLUMNS = ("element", "position", "ref", "alt")


class Variant(NamedTuple):
    """One alternate allele of a record, and the reference allele."""

    where: str  # what errors call it
    chrom: str
    position: int  # 0-based
    reference: str
    alternate: str
    name: str
    record: int = 0  # its number in the file, from 0
    allele: int = 0  # its number among the record's alternates, from 0


def read_vcf(
    source: str, rejected: Rejected, letters: str = "ACGTN"
) -> Iterator[Variant]:
    """The alternate alleles of a VCF or BCF file, in its order.

    Args:
        source: Its path.
        rejected: Told of alleles of other letters, and counts those that stand for
            no sequence of their own.
        letters: Those that an allele may have.

    Raises:
        InputError: pysam is missing, the file is no VCF, cut short or damaged.
    """
    with opened(source) as records:
        for number, record in enumerate(records):
            where = f"{source}, record {number + 1} ({record.chrom}:{record.pos})"
            reference, place = (record.ref or "").upper(), record.pos - 1
            for index, allele in enumerate(record.alts or (".",)):
                if allele in _NO_SEQUENCE:
                    rejected.counts["allele without a sequence of its own"] += 1
                    continue
                alternate = allele.upper()
                if _readable(where, reference, alternate, rejected, letters):
                    yield Variant(
                        where,
                        record.chrom,
                        place,
                        reference,
                        alternate,
                        record.id or "",
                        number,
                        index,
                    )


def _readable(
    where: str, reference: str, alternate: str, rejected: Rejected, letters: str
) -> bool:
    """Whether the two are alleles; otherwise they are rejected."""
    reason, expected = "", "two alleles that differ"
    if not set(reference + alternate) <= set(letters):
        symbolic = any(sign in alternate for sign in "<[].")
        reason = (
            "symbolic allele or breakend" if symbolic else "allele of other letters"
        )
        expected = f"alleles of {', '.join(letters[:-1])} and {letters[-1]}"
    elif reference == alternate:
        reason = "no alternate allele"
    if reason:
        rejected(
            reason,
            InputError(
                f"{where}: expected {expected}. Received: {reference or '-':.40} > "
                f"{alternate or '-':.40}."
            ),
        )
    return not reason


def is_vcf(source: str) -> bool:
    """Whether a file begins as VCF or BCF does, compressed or not.

    Raises:
        InputError: It does not, but its name or a line "#CHROM" says that it should.
    """
    with open_input(source) as (stream, _):
        first = stream.read(12)
    found = first.startswith((b"##fileformat", b"BCF\2"))
    if not found and (_NAMED_VCF.search(source) or first.startswith(b"#CHROM")):
        raise InputError(
            f"{source}: expected VCF or BCF, with its header, which begins with "
            f"##fileformat=VCF. Received: {first!r}."
        )
    return found


def read_variant_table(
    source: str, rejected: Rejected, letters: str = "ACGTN"
) -> Iterator[Variant]:
    """The variants of a table with the columns element, position, ref and alt.

    Positions are 1-based, as in VCF. "-" or nothing is an empty allele: what a deletion
    leaves, or what an insertion replaces, which then goes in front of the base at its
    position.

    Args:
        source: TSV, CSV or Parquet.
        rejected: Told of rows that cannot be used.
        letters: As in `read_vcf`.

    Raises:
        InputError: It cannot be read, lacks a column, or has no rows.
    """
    with open_input(source) as (stream, _):
        unit, rows = table_rows(stream, source, COLUMNS, text="element")
        for number, (line, cells) in enumerate(rows):
            where = f"{source}, {unit} {line}"
            if isinstance(cells, InputError):
                rejected("row of another number of cells", cells)
                continue
            element, position, *alleles = (str(cell or "").strip() for cell in cells)
            place = position.removesuffix(".0")  # of a column that had missing values
            if not (place.isascii() and place.isdigit()) or int(place) < 1:
                problem = f"{where}: expected a position of at least 1. Received: "
                rejected("no position", InputError(f"{problem}{position!r:.40}."))
                continue
            reference, alternate = (a.upper().replace("-", "") for a in alleles)
            if _readable(where, reference, alternate, rejected, letters):
                first = int(place) - 1
                yield Variant(where, element, first, reference, alternate, "", number)


@contextlib.contextmanager
def opened(source: str) -> Iterator[Any]:
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


def element_sequences(source: str) -> str:
    """The sequences of a table of variants as the text of a FASTA file.

    Args:
        source: TSV, CSV or Parquet with the columns element and sequence; rows of one
            element have the same.

    Raises:
        InputError: No such columns, a name with white space, no sequence, or another
            one than in a row above.
    """
    found: dict[str, str] = {}
    with open_input(source) as (stream, _):
        unit, rows = table_rows(stream, source, ("element", "sequence"))
        for line, cells in rows:
            if isinstance(cells, InputError):
                continue  # which is told of, or counted, as a variant
            where, name = f"{source}, {unit} {line}", str(cells[0] or "").strip()
            if len(name.split()) != 1:
                raise InputError(
                    f"{where}: expected the name of an element, without white space. "
                    f"Received: {name!r:.40}."
                )
            text = decode(encode_cell(cells[1], where))
            if found.setdefault(name, text) != text:
                raise InputError(
                    f"{where}: expected the sequence that {name!r:.40} has in a row "
                    "above. Received: another one."
                )
    if not found:
        raise InputError(f"{source}: expected at least one row. Received none.")
    return "".join(f">{name}\n{text}\n" for name, text in found.items())


def on_known_contigs(
    found: list[Variant], genome: Genome, rejected: Rejected
) -> list[Variant]:
    """Those whose contig the genome has."""
    known = [variant for variant in found if variant.chrom in genome.contigs]
    if len(known) < len(found):
        for variant in found:
            if variant.chrom not in genome.contigs:
                missing = missing_contigs(
                    [variant.chrom], genome.contigs, str(genome.path), 1, "variants"
                ).replace(" (1 of 1 variants)", "")
                rejected(
                    "contig not in the genome",
                    InputError(f"{variant.where}: {missing}"),
                )
    return known


def matching(found: list[Variant], genome: Genome, rejected: Rejected) -> list[Variant]:
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
        if not length:  # what an insertion of a table replaces
            beyond = starts > np.array(sizes)[numbers[rows]]
            wrong |= dict.fromkeys(rows[beyond].tolist(), "")
            continue
        codes = genome.gather(numbers[rows], starts, length, beyond="pad")
        # All at once, as most alleles are one base.
        expected = encode("".join(found[row].reference for row in members))
        expected = expected.reshape(len(members), length)
        for at in np.flatnonzero((codes != expected).any(axis=1)).tolist():
            wrong[members[at]] = decode(codes[at])
    for row in sorted(wrong):
        variant = found[row]
        size = sizes[numbers[row]]
        there = f"which has {wrong[row]:.40} there"
        if not 0 <= variant.position < size:
            there = f"where {variant.chrom} has {size:,} bp"
        rejected(
            "reference allele is not the genome's",
            InputError(
                f"{variant.where}: expected the reference allele of {genome.path}, "
                f"{there}. Received: {variant.reference or '-':.40} at position "
                f"{variant.position + 1:,}. Is it the same assembly?"
            ),
        )
    return [variant for row, variant in enumerate(found) if row not in wrong]
