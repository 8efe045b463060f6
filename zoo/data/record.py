"""What the readers yield: one named sequence as codes."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.dna import Codes


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a sequence lies: 0-based, half-open; strand "+", "-" or "." (none).

    A window may reach beyond its contig, whose length in bp is then of use.
    """

    chrom: str
    start: int
    end: int
    strand: str = "."
    contig_length: int | None = None

    def __str__(self) -> str:
        return f"{self.chrom}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One sequence.

    Attributes:
        name: The record's own name, without the description.
        codes: uint8 codes (length,), read-only. It may be a view into a block of
            up to a few hundred kB that neighboring records share: copy the codes
            of records that are kept for long.
        source: The file that the record comes from, as errors call it.
        interval: Where the sequence lies, for records cut out by a BED file. The
            codes are those of its strand.
        description: What follows the name in a FASTA header.
        label: Of a table's column of labels.
    """

    name: str
    codes: Codes
    source: str
    interval: Interval | None = None
    description: str = ""
    label: str = ""
