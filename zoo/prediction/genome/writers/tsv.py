"""Bins as text: chrom, start, end and one column an output."""

from __future__ import annotations

from pathlib import Path

from zoo.prediction.genome.writers.track import ReadRows, Track

_KEY = ("chrom", "start", "end")


def write(paths: list[Path], track: Track, rows: ReadRows) -> None:
    """Writes a table of six significant digits, with a header."""
    names = list(track.contigs)
    line = "%s\t%d\t%d" + "\t%.6g" * len(track.columns) + "\n"
    with paths[0].open("w", encoding="utf-8", newline="") as stream:
        stream.write("\t".join((*_KEY, *track.columns)) + "\n")
        for block in rows(slice(None)):
            stream.writelines(
                line % (names[contig], start, end, *values)
                for contig, start, end, values in zip(
                    block.contig.tolist(),
                    block.start.tolist(),
                    block.end.tolist(),
                    block.values.tolist(),
                    strict=True,
                )
            )
