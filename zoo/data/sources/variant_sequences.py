"""The two alleles of variants, in their place in a genome."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.data.sources.placed import Placed
from zoo.dna import Codes

if TYPE_CHECKING:
    from zoo.data.genomes.genome import Genome


@dataclass(frozen=True, eq=False)
class VariantSequences:
    """Windows of a genome around variants, with the one allele or the other.

    Read from the genome when needed.
    """

    genome: Genome
    placed: Placed
    sequence_length: int  # of each window in bp
    alternate: bool  # whether `gather` puts the alternate allele in place

    def __len__(self) -> int:
        return len(self.placed)

    def gather(self, rows: npt.NDArray[np.integer[Any]]) -> Codes:
        """uint8 codes `(len(rows), sequence_length)`; beyond a contig's ends is N."""
        placed = self.placed.subset(rows)
        codes = placed.reference(self.genome, self.sequence_length)
        return placed.alternate(self.genome, codes) if self.alternate else codes

    def subset(self, rows: npt.NDArray[np.integer[Any]]) -> VariantSequences:
        """Those of `rows`, in that order; the genome is shared."""
        return dataclasses.replace(self, placed=self.placed.subset(rows))
