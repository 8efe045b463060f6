"""Values of the bases of intervals -> bigWig files along the genome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from registry.files import beside, replaced
from zoo.data.record import Record
from zoo.data.tracks.bigwig_writer import BinValues, write_bigwig
from zoo.errors import InputError
from zoo.files.output import explained
from zoo.prediction.genome import writers

_BINS_AT_ONCE = 1 << 16


class BaseTracks:
    """Collects values of bases, and writes a file for each target.

    Where intervals overlap, a base has the mean of its values. Contigs without an
    interval are not in the files.

    Args:
        out: X.bw, or with several targets X.TARGET.bw.
        names: Of the targets.

    Attributes:
        paths: The files.

    Raises:
        InputError: The names cannot be those of files.
        OutputError: The files cannot be written.
    """

    def __init__(self, out: Path, names: Sequence[str]) -> None:
        self.paths = writers.paths(out, tuple(names))
        for path in self.paths:  # what cannot be written is told before all is computed
            with explained(str(path)):
                trial = beside(path.resolve())
                trial.touch()
                trial.unlink()
        self._contigs: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._found: list[tuple[int, int, npt.NDArray[np.float32]]] = []

    def add(
        self, record: Record, values: npt.NDArray[np.float32], start: int = 0
    ) -> None:
        """Takes the values of an interval.

        Args:
            record: Cut out by an interval.
            values: (position, target), on the strand of the record.
            start: Place of the first of them in the record.

        Raises:
            InputError: The record is no interval of a genome.
        """
        where = record.interval
        if where is None or where.contig_length is None:
            raise InputError(
                f"{record.source}: record {record.name!r}: expected an interval of a "
                "genome, as a bigWig file is along one. Received: a sequence."
            )
        number = self._numbers.setdefault(where.chrom, len(self._numbers))
        self._contigs[where.chrom] = where.contig_length
        first = where.start + start
        if where.strand == "-":
            first, values = where.end - start - len(values), values[::-1]
        # What lies beyond the contig was N.
        left = max(-first, 0)
        right = min(len(values), where.contig_length - first)
        if left < right:
            self._found.append((number, first + left, values[left:right]))

    def write(self) -> None:
        """Writes the files, each whole or not at all.

        Raises:
            InputError: There is no value.
            OutputError: The disk is full, or the folder is missing.
        """
        if not self._found:
            raise InputError("No base has a value. Nothing was written.")
        sizes = np.array([len(values) for _, _, values in self._found])
        contig = np.repeat(np.array([number for number, _, _ in self._found]), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        start = within + np.repeat(np.array([at for _, at, _ in self._found]), sizes)
        values = np.concatenate([values for _, _, values in self._found])
        order = np.lexsort((start, contig))
        contig, start = contig[order], start[order]
        new = np.append(True, (np.diff(contig) != 0) | (np.diff(start) != 0))
        firsts = np.flatnonzero(new)
        counts = np.diff(np.append(firsts, len(start)))
        for target, path in enumerate(self.paths):
            sums = np.add.reduceat(values[order, target].astype(np.float64), firsts)
            means = (sums / counts).astype(np.float32)
            with explained(str(path)), replaced(path.resolve()) as temporary:
                blocks = _blocks(contig[firsts], start[firsts], means)
                write_bigwig(temporary, self._contigs, blocks, bin_size=1)


def _blocks(
    contig: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    values: npt.NDArray[np.float32],
) -> Iterator[BinValues]:
    for first in range(0, len(start), _BINS_AT_ONCE):
        some = slice(first, first + _BINS_AT_ONCE)
        yield BinValues(contig[some], start[some], start[some] + 1, values[some])
