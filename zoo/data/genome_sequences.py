"""Stretches of a genome as the sequences of examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes

if TYPE_CHECKING:
    from zoo.data.genome import Genome


@dataclass(frozen=True)
class GenomeSequences:
    """Sequences of one length that are read from a genome when they are needed.

    Made by `Genome.sequences`. It holds where they lie, 17 bytes a sequence, and
    crosses to another process as that: the genome is opened there again.

    Attributes:
        genome: Where they are read from.
        contig_numbers: int64 `(n,)`, places in `genome.contigs`.
        starts: First base, 0-based, int64 `(n,)`; may lie before the contig.
        sequence_length: Length of each in bp.
        minus: Which are the reverse complement, bool `(n,)`.
    """

    genome: Genome
    contig_numbers: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    sequence_length: int
    minus: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.starts)

    def gather(self, rows: npt.NDArray[np.integer[Any]]) -> Codes:
        """uint8 codes `(len(rows), sequence_length)`, a new array.

        What lies beyond the ends of a contig is N: whether that may be was decided
        when the sequences were chosen.
        """
        return self.genome.gather(
            self.contig_numbers[rows],
            self.starts[rows],
            self.sequence_length,
            np.where(self.minus[rows], "-", "+"),
            beyond="pad",
        )

    def subset(self, rows: npt.NDArray[np.integer[Any]]) -> GenomeSequences:
        """Those of `rows`, in that order; the genome is shared."""
        return GenomeSequences(
            self.genome,
            self.contig_numbers[rows],
            self.starts[rows],
            self.sequence_length,
            self.minus[rows],
        )
