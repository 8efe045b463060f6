"""What every loader returns: codes, targets and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Split:
    """Sequences and their targets, row by row.

    Attributes:
        codes: uint8 `(n, length)`, A C G T = 0 1 2 3, N = 4.
        targets: float32 `(n, num_outputs)`, or `(n, bins, num_outputs)` for a
            profile. NaN where an output is unknown.
        columns: What else is known of each row, by name: `(n,)` each, as text.
    """

    codes: np.ndarray
    targets: np.ndarray
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, rows in (("targets", self.targets), *self.columns.items()):
            if len(self.codes) != len(rows):
                raise ValueError(
                    f"Expected one row of {name} a sequence. Received: "
                    f"codes.shape={self.codes.shape}, {name}.shape={rows.shape}"
                )

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: np.ndarray) -> Split:
        """Some rows, by number or by mask."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Split(self.codes[rows], self.targets[rows], columns)


def concatenate(splits: Sequence[Split]) -> Split:
    """The rows of several splits, one after the other; their columns are the same."""
    return Split(
        np.concatenate([split.codes for split in splits]),
        np.concatenate([split.targets for split in splits]),
        {
            name: np.concatenate([split.columns[name] for split in splits])
            for name in splits[0].columns
        },
    )


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
        name: Its name, as in `tools.datasets.NAMES`.
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
