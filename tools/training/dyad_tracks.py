"""Files for `seqzoo train` of the nucleosome dyads of budding yeast.

    python -m tools.training.dyad_tracks --data ../shared/data --out work/dyads

Writes OUT/genome.fa, OUT/dyads.bw (1 at the base of each dyad) and OUT/windows.bed,
what a run with base resolution begins with. Chromosomes to train on are in windows that
overlap by half, those to measure on in windows that do not; of neither is one that is
in a hole of the map by more than a tenth.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyBigWig

from tools.datasets import yeast_dyads
from tools.datasets.tables import find_file, read_columns
from zoo.dna import decode

PROFILE_LENGTH = 2000  # bp
MOST_UNKNOWN = 0.1  # of a window


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the three files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, default=Path("work/dyads"))
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    genome = yeast_dyads.read_genome(find_file(options.data, yeast_dyads.GENOME))
    columns = read_columns(find_file(options.data, yeast_dyads.DYADS), "chrom", "dyad0")
    names, places = np.asarray(columns[0]), np.asarray(columns[1], np.int64)
    with (options.out / "genome.fa").open("w") as file:
        for name, codes in genome.items():
            print(f">{name}\n{decode(codes)}", file=file)
    track = pyBigWig.open(str(options.out / "dyads.bw"), "w")
    track.addHeader([(name, len(codes)) for name, codes in genome.items()])
    for name in genome:
        found, counts = np.unique(places[names == name], return_counts=True)
        if len(found):
            track.addEntries(
                name, found.tolist(), values=counts.astype(float).tolist(), span=1
            )
    track.close()
    density = yeast_dyads.dyad_density(genome, names, places)
    with (options.out / "windows.bed").open("w") as file:
        for name, known in density.items():
            for start in windows(name, np.isnan(known)):
                print(name, start, start + PROFILE_LENGTH, sep="\t", file=file)


def windows(name: str, unknown: np.ndarray) -> list[int]:
    """Starts of the windows of a chromosome that the map covers."""
    held_out = yeast_dyads.VALIDATION_CHROMOSOMES + yeast_dyads.TEST_CHROMOSOMES
    stride = PROFILE_LENGTH if name in held_out else PROFILE_LENGTH // 2
    starts = np.arange(0, len(unknown) - PROFILE_LENGTH + 1, stride)
    before = np.concatenate([[0], np.cumsum(unknown)])
    share = (before[starts + PROFILE_LENGTH] - before[starts]) / PROFILE_LENGTH
    return [int(start) for start in starts[share <= MOST_UNKNOWN]]


if __name__ == "__main__":
    main()
