"""The table [release]: what the release of a run says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from registry.release import Output


@dataclass(frozen=True)
class Provenance:
    """Where the training data come from, for the release and its card.

    Attributes:
        name: The data set's; by default that of its file.
        assembly: The genome's.
        source: An address, or how they were made.
        licence: The data's.
        citation: How to cite the data.
        split: Which part was used; by default as the configuration splits them.
    """

    name: str = ""
    assembly: str = "unknown"
    source: str = "unknown"
    licence: str = "unknown"
    citation: str = "unknown"
    split: str = ""


@dataclass(frozen=True)
class Publication:
    """What the release says of itself; see `zoo.save`.

    Attributes:
        description: One line.
        licence: The weights'.
        citation: How to cite it.
        tags: Words to find it by.
        outputs: Names, units, activations and reverse-complement partners; by
            default what the data call them, by the task.
        descriptions: What outputs respond to, by name, in words.
        intended_use: What the release is for.
        limits: What it is not for, and where it fails, one sentence each.
        genome: A FASTA file in whose windows the fraction called positive is measured;
            by default that of the data.
        kmer_baseline: Whether a regression on k-mer counts is trained and measured on
            the same data, for the report and the card; or a JSON file with its metrics
            on the same test sequences, entries {name, split, value, ci95}, such as
            those of a shorter window.
        motif_baseline: Such a file with the metrics of the best motif match.
        min_length: Shortest sequence in bp that it is meant for; by default that of
            the data.
        symmetry: "equivariant", "augmented" or "none"; "auto" is "equivariant" of an
            architecture that promises it (`registry.declare`), in an ensemble each
            member's, else "none".
        training_data: Where they come from.
    """

    description: str
    licence: str
    citation: str = ""
    tags: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    descriptions: dict[str, str] = field(default_factory=dict)
    intended_use: str = ""
    limits: tuple[str, ...] = ()
    genome: str | None = None
    kmer_baseline: bool | str = False
    motif_baseline: str | None = None
    min_length: int | None = None
    symmetry: Literal["auto", "equivariant", "augmented", "none"] = "auto"
    training_data: Provenance = field(default_factory=Provenance)
