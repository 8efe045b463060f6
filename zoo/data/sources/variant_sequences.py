"""The two alleles of variants, in their place in a genome."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes

if TYPE_CHECKING:
    from zoo.data.genomes.genome import Genome


@dataclass(frozen=True, eq=False)
class VariantSequences:
    """Windows of a genome around variants, with the one allele or the other.

    The first base of the variant lies at `sequence_length // 2`. Left of it both
    alleles have the same bases. Right of it an insertion moves bases out of the
    window, and a deletion moves bases into it. Read from the genome when needed.
    """

    genome: Genome
    contig_numbers: npt.NDArray[np.int64]  # places in `genome.contigs`
    positions: npt.NDArray[np.int64]  # first base of the reference allele, 0-based
    removed: npt.NDArray[np.int64]  # length of the reference allele in bp
    alleles: Codes  # of the alternate alleles, one behind the other
    ends: npt.NDArray[np.int64]  # where each ends in `alleles`
    sequence_length: int  # of each window in bp
    alternate: bool  # whether `gather` puts the alternate allele in place

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Of the alternate alleles in bp."""
        return np.diff(self.ends, prepend=0)

    def gather(self, rows: npt.NDArray[np.integer[Any]]) -> Codes:
        """uint8 codes `(len(rows), sequence_length)`; beyond a contig's ends is N."""
        centre = self.sequence_length // 2
        numbers, positions = self.contig_numbers[rows], self.positions[rows]
        codes = self.genome.gather(
            numbers, positions - centre, self.sequence_length, beyond="pad"
        )
        if not self.alternate:
            return codes
        lengths, removed = self.lengths[rows], self.removed[rows]
        first = self.ends[rows] - lengths
        single = np.flatnonzero((lengths == 1) & (removed == 1))
        codes[single, centre] = self.alleles[first[single]]
        others = np.flatnonzero((lengths != 1) | (removed != 1))
        if not len(others):
            return codes
        right = self.sequence_length - centre
        after = self.genome.gather(
            numbers[others], positions[others] + removed[others], right, beyond="pad"
        )
        for row, bases in zip(others.tolist(), after, strict=True):
            start, length = int(first[row]), min(int(lengths[row]), right)
            codes[row, centre : centre + length] = self.alleles[start : start + length]
            codes[row, centre + length :] = bases[: right - length]
        return codes

    def subset(self, rows: npt.NDArray[np.integer[Any]]) -> VariantSequences:
        """Those of `rows`, in that order; the genome is shared."""
        lengths = self.lengths
        first = self.ends - lengths
        kept = [self.alleles[first[r] : self.ends[r]] for r in rows.tolist()]
        return dataclasses.replace(
            self,
            contig_numbers=self.contig_numbers[rows],
            positions=self.positions[rows],
            removed=self.removed[rows],
            alleles=np.concatenate([np.empty(0, np.uint8), *kept]),
            ends=np.cumsum(lengths[rows]),
        )
