"""What every loader returns: codes, targets and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Split:
    """Sequences and their targets, row by row.

    Attributes:
        codes: uint8 `(n, length)`, A C G T = 0 1 2 3, N = 4.
        targets: float32 `(n, num_outputs)`, or `(n, bins, num_outputs)` for a
            profile. NaN where an output is unknown.
    """

    codes: np.ndarray
    targets: np.ndarray

    def __post_init__(self) -> None:
        if len(self.codes) != len(self.targets):
            raise ValueError(
                "Expected one row of targets a sequence. Received: "
                f"codes.shape={self.codes.shape}, targets.shape={self.targets.shape}"
            )

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, eq=False)
class Chromosome:
    """A whole chromosome, from which windows are cut.

    Attributes:
        name: As in the genome's FASTA, e.g. "chrI".
        codes: uint8 `(length,)`.
        track: float32 `(length, num_outputs)`, a value per base; NaN where unknown.
    """

    name: str
    codes: np.ndarray
    track: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """A data set with fixed splits.

    Attributes:
        name: Its name, as in `tools.training.datasets.NAMES`.
        output_names: One name per output, in the order of the targets' last axis.
        units: Unit of the targets, e.g. "probability".
        reverse_complement: Whether a sequence and its reverse complement have the
            same targets (with the bins of a profile reversed).
        train: The training split.
        validation: The split that choices are made on.
        test: The split that is reported.
        facts: Entries for `training_data` of a model.json: name, assembly, source,
            licence, citation, sha256, split; one entry per source file.
        dropped: What was left out or merged, and how many rows of it.
        bin_size: bp per bin of a profile, whose bins are at the center of the sequence;
            0 without a profile.
        train_chromosomes: The sources of the training windows, for profiles whose
            windows are cut anew each epoch; empty otherwise.
    """

    name: str
    output_names: tuple[str, ...]
    units: str
    reverse_complement: bool
    train: Split
    validation: Split
    test: Split
    facts: tuple[dict[str, str], ...]
    dropped: dict[str, int]
    bin_size: int = 0
    train_chromosomes: tuple[Chromosome, ...] = ()
