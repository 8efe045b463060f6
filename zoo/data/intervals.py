"""FASTA + BED -> records: random access through pyfaidx, never writing beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from zoo.data.bed import read_bed
from zoo.data.contigs import did_you_mean
from zoo.data.fasta import MAX_LENGTH, OnInvalid
from zoo.data.files import Input
from zoo.data.genome_fasta import fetch, open_fasta
from zoo.data.record import Interval, Record
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

    An index beside the FASTA file (.fai) is used if it is not older than the file.
    Otherwise one is made in a temporary folder, and a compressed FASTA file is
    decompressed into one: nothing is ever written beside the user's file.

    Args:
        fasta: A path; plain, gzip or bgzip.
        bed: A path, "-" for standard input, or a binary stream; see `read_bed`.
            The strand "-" gives the reverse complement.
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
    with open_fasta(fasta) as faidx:
        for interval, name, where in read_bed(bed, on_invalid=on_invalid):
            try:
                _check(interval, faidx.index, where, os.fspath(fasta), max_length)
                codes = encode(
                    fetch(
                        faidx,
                        interval.chrom,
                        interval.start,
                        interval.end,
                        os.fspath(fasta),
                    ),
                    record=f"{where}: interval {interval} of {os.fspath(fasta)}",
                )
            except InputError as error:
                if on_invalid is None:
                    raise
                on_invalid(error)
                continue
            if interval.strand == "-":
                codes = reverse_complement_codes(codes)
            codes.flags.writeable = False
            yield Record(name, codes, where, interval)


def _check(
    interval: Interval, index: dict[str, Any], where: str, source: str, max_length: int
) -> None:
    if interval.chrom not in index:
        raise InputError(
            f"{where}: no sequence {interval.chrom!r} in {source}."
            + did_you_mean(interval.chrom, index.keys())
        )
    length = index[interval.chrom].rlen
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
