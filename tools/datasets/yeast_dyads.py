"""Budding yeast: density of nucleosome dyads along the genome."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

from tools.datasets.dataset import Chromosome, Dataset, Split
from tools.datasets.tables import (
    DatasetError,
    check_counts,
    find_file,
    read_columns,
    sha256,
)
from tools.training.batches import cut_windows
from zoo.dna import encode

GENOME = "yeast_sacCer3/sacCer3.nuclear.fa.gz"
DYADS = "yeast_sacCer3/nucleosome_dyads_brogaard2012.tsv.gz"
SEQUENCE_LENGTH = 2048  # bp
TARGET_LENGTH = 1024  # bp, the center of the window
BIN_SIZE = 16  # bp
TRAIN_STRIDE = 256  # bp
SMOOTHING = 20.0  # bp, standard deviation of the Gaussian
LONGEST_GAP = 1000  # bp between neighboring dyads
NUCLEOSOME = 147  # bp
VALIDATION_CHROMOSOMES = ("chrXIII",)
TEST_CHROMOSOMES = ("chrXV", "chrXVI")
COUNTS = {"chromosomes": 16, "base pairs": 12_071_326, "dyads": 67_548}


def load(data_folder: Path, seed: int, counts: dict[str, int] = COUNTS) -> Dataset:
    """Loads windows of 2,048 bp; targets are the central 1,024 bp in 64 bins.

    The track is the sum of one Gaussian (standard deviation 20 bp, area 1) a dyad,
    whatever the dyad's score, divided by its mean over the known bases of the
    training chromosomes: 1 is the average density, about one dyad in 170 bp. Where
    neighboring dyads are more than 1,000 bp apart the map has a hole (ribosomal
    DNA, transposons and other repeats that reads cannot be placed in): from 147 bp
    after the one dyad to 147 bp before the next, the track is unknown (NaN).
    A bin is the mean of its 16 bases, unknown if any of them is.

    Validation is chrXIII and test is chrXV and chrXVI, in windows every 1,024 bp,
    so that each base is the target of one window at most. Training windows start
    every 256 bp; `train_chromosomes` is there to cut them anew each epoch.

    Args:
        data_folder: The folder that holds `yeast_sacCer3/`.
        seed: Not used: the split is by chromosome.
        counts: Chromosomes, base pairs and dyads that the files must have.

    Raises:
        DatasetError: A file is missing, has other counts, or a dyad lies outside
            its chromosome.
    """
    del seed
    genome_path = find_file(data_folder, GENOME)
    dyads_path = find_file(data_folder, DYADS)
    genome = read_genome(genome_path)
    names, places = read_columns(dyads_path, "chrom", "dyad0")
    received = {
        "chromosomes": len(genome),
        "base pairs": sum(len(codes) for codes in genome.values()),
    }
    check_counts(genome_path, {name: counts[name] for name in received}, received)
    check_counts(dyads_path, {"dyads": counts["dyads"]}, {"dyads": len(names)})
    tracks = dyad_density(genome, np.asarray(names), np.asarray(places, np.int64))
    held_out = VALIDATION_CHROMOSOMES + TEST_CHROMOSOMES
    absent = sorted(set(held_out) - genome.keys())
    if absent or len(genome) == len(held_out):
        raise DatasetError(
            f"{genome_path}: expected {', '.join(held_out)} and chromosomes to train "
            f"on, received {', '.join(genome)}."
        )
    mean = np.nanmean(
        np.concatenate([tracks[name] for name in genome if name not in held_out])
    )
    chromosomes = {
        name: Chromosome(name, codes, (tracks[name] / mean)[:, None].astype("f4"))
        for name, codes in genome.items()
    }
    train = tuple(c for c in chromosomes.values() if c.name not in held_out)
    return Dataset(
        name="yeast_dyads",
        output_names=("dyad_density",),
        units="nucleosome dyads a base over their mean (1 = average)",
        reverse_complement=True,
        train=windows(train, TRAIN_STRIDE),
        validation=windows([chromosomes[n] for n in VALIDATION_CHROMOSOMES]),
        test=windows([chromosomes[n] for n in TEST_CHROMOSOMES]),
        facts=_facts(genome_path, dyads_path),
        dropped={
            "bases in holes of the map, set to unknown": int(
                sum(np.isnan(track).sum() for track in tracks.values())
            )
        },
        bin_size=BIN_SIZE,
        train_chromosomes=train,
    )


def windows(chromosomes: Sequence[Chromosome], stride: int = TARGET_LENGTH) -> Split:
    """Cuts the windows that lie wholly inside their chromosome.

    Args:
        chromosomes: Where from.
        stride: bp from one window's start to the next one's.

    Returns:
        Codes `(n, 2048)` and targets `(n, 64, 1)`.
    """
    cut = [
        cut_windows(
            chromosome.codes,
            chromosome.track,
            np.arange(0, len(chromosome.codes) - SEQUENCE_LENGTH + 1, stride),
            sequence_length=SEQUENCE_LENGTH,
            target_length=TARGET_LENGTH,
            bin_size=BIN_SIZE,
        )
        for chromosome in chromosomes
    ]
    codes, targets = zip(*cut, strict=True)
    return Split(np.concatenate(codes), np.concatenate(targets))


def read_genome(path: Path) -> dict[str, np.ndarray]:
    """Codes of each chromosome, by name."""
    lines: dict[str, list[str]] = {}
    with gzip.open(path, "rt", encoding="ascii") as file:
        for line in file:
            if line.startswith(">"):
                record = lines.setdefault(line[1:].split()[0], [])
            else:
                record.append(line.rstrip())
    return {name: encode("".join(record)) for name, record in lines.items()}


def dyad_density(
    genome: dict[str, np.ndarray], names: np.ndarray, places: np.ndarray
) -> dict[str, np.ndarray]:
    """Dyads a base, smoothed; float64 `(length,)` a chromosome, NaN in holes."""
    tracks = {}
    for name, codes in genome.items():
        dyads = np.sort(places[names == name])
        if len(dyads) and not (dyads[0] >= 0 and dyads[-1] < len(codes)):
            raise DatasetError(
                f"Expected dyads of {name} at 0 to {len(codes) - 1}, received "
                f"{dyads[0]} to {dyads[-1]}. Dyads and genome must be one assembly."
            )
        count = np.bincount(dyads, minlength=len(codes)).astype(np.float64)
        track = gaussian_filter1d(count, SMOOTHING, mode="constant")
        # Chromosome ends bound a hole like dyads do, but have no nucleosome on them.
        bounds = np.concatenate([[-NUCLEOSOME], dyads, [len(codes) + NUCLEOSOME]])
        for left, right in pairwise(bounds):
            if right - left > LONGEST_GAP:
                track[left + NUCLEOSOME : right - NUCLEOSOME] = np.nan
        tracks[name] = track
    return tracks


def _facts(genome_path: Path, dyads_path: Path) -> tuple[dict[str, str], ...]:
    split = "by chromosome: validation chrXIII, test chrXV and chrXVI, train the rest"
    return (
        {
            "name": "Saccharomyces cerevisiae genome, 16 nuclear chromosomes",
            "assembly": "sacCer3",
            "source": "GitHub etirouthier/NucleosomeDensity, commit "
            "dc0e34a2476eaff21ad6b854734a293ec795ff23; originally SGD",
            "licence": "CC BY 4.0 (SGD)",
            "citation": "Engel et al., G3 4, 389-398 (2014); Saccharomyces Genome "
            "Database",
            "sha256": sha256(genome_path),
            "split": split,
        },
        {
            "name": "Nucleosome dyads of S. cerevisiae by chemical mapping",
            "assembly": "sacCer3, lifted from sacCer2",
            "source": "GEO GSE36063; table from GitHub sadmankiba/bendability, commit "
            "c850e3b514fb977d992594d9e9e4ac3807a8b2d0",
            "licence": "public GEO series; licence of the table uncertain, not "
            "redistributed",
            "citation": "Brogaard et al., A map of nucleosome positions in yeast at "
            "base-pair resolution, Nature 486, 496-501 (2012)",
            "sha256": sha256(dyads_path),
            "split": split,
        },
    )
