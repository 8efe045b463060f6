"""BAM -> ends of reads, through pysam."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError, optional

Integers = npt.NDArray[np.int64]

_READS_AT_ONCE = 1 << 16
_MINUS, _PROPER, _UNMAPPED = 0x10, 0x2, 0x4
# What of a read is looked at first, and why it is left out (SAM specification, 1.4).
_LEFT_OUT = {
    _UNMAPPED: "unmapped",
    0x100: "secondary alignment",
    0x800: "supplementary alignment",
    0x200: "failed quality checks",
    0x400: "duplicate",
}


class EndBlock(NamedTuple):
    """Ends of some reads, in any order.

    Attributes:
        names: Of contigs.
        contig: (end,) which of these.
        position: (end,) 0-based, the outermost base of the read.
        minus: (end,) bool, whether the read lies on the minus strand.
    """

    names: list[str]
    contig: Integers
    position: Integers
    minus: npt.NDArray[np.bool_]


class Alignments:
    """The reads of a BAM file.

    Args:
        path: BAM, or SAM.
        source: What errors call it.
        min_mapping_quality: Reads below it are left out.
        proper_pairs: Whether reads that are not part of a proper pair are left out.

    Attributes:
        left_out: How many reads, by the reason; also those counted so far.
    """

    def __init__(
        self, path: str, source: str, min_mapping_quality: int, proper_pairs: bool
    ) -> None:
        self._path, self._source = path, source
        self._least, self._proper = min_mapping_quality, proper_pairs
        self.left_out: Counter[str] = Counter()

    def contigs(self) -> dict[str, int]:
        """Lengths in bp by name, of the header.

        Raises:
            InputError: As `ends`.
        """
        with self._opened() as file:
            return dict(zip(file.references, file.lengths, strict=True))

    def ends(self) -> Iterator[EndBlock]:
        """The 5' end of each read that is not left out.

        Raises:
            InputError: pysam is missing, or the file is damaged or cut short.
        """
        excluded = sum(_LEFT_OUT)
        required = _PROPER if self._proper else 0
        least = self._least
        with self._opened() as file:
            names = list(file.references)
            contig: list[int] = []
            position: list[int] = []  # twice, and one more on the minus strand
            for read in file:
                flag = read.flag
                if flag & excluded or flag & required != required:
                    self._count(flag)
                elif least and read.mapping_quality < least:
                    self.left_out["mapping quality"] += 1
                elif flag & _MINUS and read.reference_end is None:
                    self.left_out["no alignment (CIGAR)"] += 1
                else:
                    position.append(
                        2 * read.reference_end - 1
                        if flag & _MINUS
                        else 2 * read.reference_start
                    )
                    contig.append(read.reference_id)
                    if len(contig) == _READS_AT_ONCE:
                        yield self._block(names, contig, position)
                        contig, position = [], []
            if contig:
                yield self._block(names, contig, position)

    def _block(
        self, names: list[str], contig: list[int], position: list[int]
    ) -> EndBlock:
        """The ends of reads that have a place."""
        contigs, twice = np.array(contig, np.int64), np.array(position, np.int64)
        placed = (contigs >= 0) & (twice >= 0)
        if not placed.all():
            self.left_out[_LEFT_OUT[_UNMAPPED]] += int((~placed).sum())
            contigs, twice = contigs[placed], twice[placed]
        return EndBlock(names, contigs, twice // 2, twice % 2 == 1)

    def _count(self, flag: int) -> None:
        reasons = [reason for bit, reason in _LEFT_OUT.items() if flag & bit]
        self.left_out[(reasons or ["not in a proper pair"])[0]] += 1

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        """The file, its faults as our errors, htslib's own words silenced."""
        pysam = optional("pysam", "genome", f"{self._source}: BAM")
        before = pysam.set_verbosity(0)
        try:
            said: dict[str, Any] = {"check_sq": False, "require_index": False}
            # Whether it is cut short is seen without threads, which htslib does not
            # always end behind such a file: it then writes an error, or waits forever.
            with pysam.AlignmentFile(self._path, **said):
                pass
            with pysam.AlignmentFile(self._path, threads=2, **said) as file:
                yield file
        except InputError:
            raise
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self._source}: cut short, damaged or not a BAM file: {error}. "
                "samtools quickcheck -v says more; copy or download it again."
            ) from None
        finally:
            pysam.set_verbosity(before)
