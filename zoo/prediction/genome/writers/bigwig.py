"""Bins as bigWig: one file an output."""

from __future__ import annotations

from pathlib import Path

from zoo.data.tracks.bigwig_writer import BinValues, write_bigwig
from zoo.prediction.genome.writers.track import ReadRows, Track


def write(paths: list[Path], track: Track, rows: ReadRows) -> None:
    """Writes each output to its path.

    Raises:
        InputError: A contig is longer than the format can say.
        OSError: A file could not be written whole.
    """
    for index, path in enumerate(paths):
        blocks = (
            BinValues(block.contig, block.start, block.end, block.values[:, 0])
            for block in rows(slice(index, index + 1))
        )
        write_bigwig(path, track.contigs, blocks, bin_size=track.bin_size)
