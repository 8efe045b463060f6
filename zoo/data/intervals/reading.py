"""FASTA + BED -> records."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Literal

import numpy as np

from registry.files import user_path
from zoo.data.contigs import on_contigs
from zoo.data.fasta import MAX_LENGTH, OnInvalid
from zoo.data.genomes.letters import AS_UNKNOWN
from zoo.data.genomes.text import FastaText, plain_fasta
from zoo.data.intervals.tables import Centre, read_interval_table
from zoo.data.record import Interval, Record
from zoo.data.sources.rejected import Rejected
from zoo.data.sources.windows import window_intervals
from zoo.dna import UNKNOWN, encode, reverse_complement_codes
from zoo.errors import InputError, check_choice
from zoo.files.inputs import Input
from zoo.files.stamp import Stamp


def read_intervals(
    fasta: str | os.PathLike[str],
    bed: Input,
    *,
    window: int | None = None,
    centre: Centre = None,
    beyond: Literal["pad", "drop"] = "pad",
    ambiguous: Literal["error", "unknown"] = "error",
    on_invalid: OnInvalid | None = None,
    max_length: int = MAX_LENGTH,
) -> Iterator[Record]:
    """Cut the intervals of a BED file out of a FASTA file.

    The FASTA file is read through once, half a second per Gb, for where its lines end;
    an index beside it (.fai) is only compared. A compressed one is decompressed into a
    temporary folder: nothing is ever written beside the user's file.

    Args:
        fasta: A path; plain, gzip or bgzip.
        bed: As `zoo.data.from_intervals` takes it. The strand "-" gives the reverse
            complement.
        window: bp around the centre of each interval to cut out instead, as in
            `zoo.data.from_intervals`; None for the intervals.
        centre: As in `zoo.data.from_intervals`.
        beyond: Of windows that reach beyond the ends of a contig: "pad" with N, or
            "drop".
        ambiguous: What IUPAC letters are: an "error", or "unknown" for N.
        on_invalid: Called with the error of each interval that cannot be used,
            which is then skipped. Without it such an error is raised.
        max_length: Longest interval in bp that is cut out whole.

    Yields:
        Records in the order of the BED file; their `interval` is what was cut out.

    Raises:
        InputError: A file cannot be read, or, without `on_invalid`, an interval is
            malformed, too long, on an unknown chromosome, beyond its end, or holds
            an invalid character; or another word for `beyond` or `ambiguous`.
    """
    check_choice("beyond", beyond, ("pad", "drop"))
    check_choice("ambiguous", ambiguous, ("error", "unknown"))
    file = user_path(fasta)
    source = str(file)
    with plain_fasta(fasta) as plain:
        was = Stamp.of(file)
        rejected = Rejected(on_invalid or "error")
        table = read_interval_table(bed, centre=centre, rejected=rejected)
        text = FastaText.open(plain, source)
        chrom = table.intervals.chrom
        table = table.subset(
            on_contigs(chrom, table.where, text.contigs, source, rejected)
        )
        numbers = {name: number for number, name in enumerate(text.contigs)}
        ok = np.ones(len(table.intervals), bool)
        windows = table.intervals
        if window is not None:
            windows = window_intervals(table, window, centre, True, ok, rejected)
        names = table.names()
        for row in np.flatnonzero(ok).tolist():
            was.check(file, source, "while it was read", "Start again.")
            where = table.where(row)
            columns = vars(windows).values()
            interval = Interval(*(column[row].item() for column in columns))
            try:
                size, last = text.contigs[interval.chrom], table.intervals.end[row]
                if last > size:
                    raise InputError(
                        f"{where}: expected an end within {interval.chrom}, which has "
                        f"{size} bp in {source}. Received: end {last}. Is it the same "
                        "assembly?"
                    )
                if window is None and interval.end - interval.start > max_length:
                    raise InputError(
                        f"{where}: interval {interval} is longer than {max_length:,} "
                        "bp. Split it into windows."
                    )
                start, end = max(interval.start, 0), min(interval.end, size)
                if beyond == "drop" and (start, end) != (interval.start, interval.end):
                    continue
                letters = text.letters(numbers[interval.chrom], start, end)
                if ambiguous == "unknown":
                    letters = letters.translate(AS_UNKNOWN)
                codes = encode(
                    letters,
                    record=f"{where}: interval {interval.chrom}:{start}-{end} of "
                    f"{source}",
                )
            except InputError as error:
                rejected("not to be read", error)
                continue
            outside = (start - interval.start, interval.end - end)
            if any(outside):
                codes = np.pad(codes, outside, constant_values=UNKNOWN)
            if interval.strand == "-":
                codes = reverse_complement_codes(codes)
            codes.flags.writeable = False
            interval = dataclasses.replace(interval, contig_length=size)
            yield Record(names[row], codes, where, interval)
