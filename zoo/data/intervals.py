"""FASTA + BED -> records."""

from __future__ import annotations

import os
from collections.abc import Iterator

from registry.files import user_path
from zoo.data.contigs import on_contigs
from zoo.data.fasta import MAX_LENGTH, OnInvalid
from zoo.data.files import Input
from zoo.data.genome_cache import stamp
from zoo.data.genome_fasta import plain_fasta
from zoo.data.genome_text import FastaText
from zoo.data.interval_tables import read_interval_table
from zoo.data.record import Interval, Record
from zoo.data.sources.rejected import Rejected
from zoo.dna import encode, reverse_complement_codes
from zoo.errors import InputError


def read_intervals(
    fasta: str | os.PathLike[str],
    bed: Input,
    *,
    on_invalid: OnInvalid | None = None,
    max_length: int = MAX_LENGTH,
) -> Iterator[Record]:
    """Cut the intervals of a BED file out of a FASTA file.

    The FASTA file is read through once, half a second a Gb, for where its lines end;
    an index beside it (.fai) is only compared. A compressed one is decompressed into a
    temporary folder: nothing is ever written beside the user's file.

    Args:
        fasta: A path; plain, gzip or bgzip.
        bed: As `zoo.data.from_intervals` takes it. The strand "-" gives the reverse
            complement.
        on_invalid: Called with the error of each interval that cannot be used,
            which is then skipped. Without it such an error is raised.
        max_length: Longest interval in bp.

    Yields:
        Records in the order of the BED file, with their interval.

    Raises:
        InputError: A file cannot be read, or, without `on_invalid`, an interval is
            malformed, too long, on an unknown chromosome, beyond its end, or holds
            an invalid character.
    """
    file = user_path(fasta)
    source = str(file)
    with plain_fasta(fasta) as plain:
        was = stamp(file)
        rejected = Rejected(on_invalid or "error")
        table = read_interval_table(bed, rejected=rejected)
        text = FastaText.open(plain, source)
        chrom = table.intervals.chrom
        table = table.subset(
            on_contigs(chrom, table.where, text.contigs, source, rejected)
        )
        numbers = {name: number for number, name in enumerate(text.contigs)}
        columns = table.intervals
        for row, name in enumerate(table.names()):
            if stamp(file) != was:
                raise InputError(f"{source}: changed while it was read. Start again.")
            where = table.where(row)
            interval = Interval(
                str(columns.chrom[row]),
                int(columns.start[row]),
                int(columns.end[row]),
                str(columns.strand[row]),
            )
            try:
                _check(
                    interval, text.contigs[interval.chrom], where, source, max_length
                )
                codes = encode(
                    text.letters(numbers[interval.chrom], interval.start, interval.end),
                    record=f"{where}: interval {interval} of {source}",
                )
            except InputError as error:
                rejected("not to be read", error)
                continue
            if interval.strand == "-":
                codes = reverse_complement_codes(codes)
            codes.flags.writeable = False
            yield Record(name, codes, where, interval)


def _check(
    interval: Interval,
    length: int,
    where: str,
    source: str,
    max_length: int,
) -> None:
    if interval.end > length:
        raise InputError(
            f"{where}: expected an end within {interval.chrom}, which has {length} bp "
            f"in {source}. Received: end {interval.end}. Is it the same assembly?"
        )
    if interval.end - interval.start > max_length:
        raise InputError(
            f"{where}: interval {interval} is longer than {max_length:,} bp. Split it "
            "into windows."
        )
