"""Budding yeast: which of 48 named transcription factors bind in a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.datasets.dataset import Dataset, Split
from tools.datasets.duplicates import sequence_keys
from tools.datasets.tables import (
    DatasetError,
    check_counts,
    column_names,
    find_file,
    read_columns,
    sha256,
)
from tools.datasets.yeast_dyads import GENOME, read_genome
from zoo.dna import UNKNOWN, encode_batch

PANEL = "yeast_chipexo/yeast_tf_panel_200bp.tsv.gz"
PANEL_WINDOW = 200  # bp
PLACE = ("chrom", "start", "end", "split", "sequence")  # the other columns are labels
COUNTS = {"train": 12_029, "valid": 1_200, "test": 2_697}


def load(
    data_folder: Path,
    seed: int,
    counts: Mapping[str, int] = COUNTS,
    window: int = PANEL_WINDOW,
) -> Dataset:
    """Loads the panel of windows with its split by chromosome.

    Half of the windows lie on peaks, half in promoters without one. A label is 1 where
    the factor has a peak within 50 bp of the center, and 0 elsewhere: also on the peaks
    of other factors. Training windows that are, on either strand, windows of validation
    or test are left out; repeats such as Ty elements and telomeres have some.

    Args:
        data_folder: The folder that holds `yeast_chipexo/` and, for other windows,
            `yeast_sacCer3/`.
        seed: Not used: the split is by chromosome.
        counts: Windows of each split that the panel must have.
        window: bp of each window, cut from the genome around the same centers; N beyond
            the ends of chromosomes. Labels stay as they are.

    Raises:
        DatasetError: A file is missing, has other counts, or panel and genome are not
            of one assembly.
    """
    del seed
    path = find_file(data_folder, PANEL)
    names = tuple(name for name in column_names(path) if name not in PLACE)
    contigs, starts, ends, splits, sequences, *labels = read_columns(
        path, *PLACE, *names
    )
    check_counts(path, counts, Counter(splits))
    codes = encode_batch(sequences)
    facts = [_fact(path, len(names))]
    if window != PANEL_WINDOW:
        genome_path = find_file(data_folder, GENOME)
        genome, centers = read_genome(genome_path), np.asarray(starts, np.int64) + 100
        if not np.array_equal(cut(genome, contigs, centers, PANEL_WINDOW), codes):
            raise DatasetError(
                f"Expected the windows of {path} at their places in {genome_path}. "
                "Received other sequences. Panel and genome must be one assembly."
            )
        codes = cut(genome, contigs, centers, window)
        facts[0]["split"] += f"; windows of {window} bp cut from sacCer3 (SGD)"
    places = [f"{c}:{s}-{e}" for c, s, e in zip(contigs, starts, ends, strict=True)]
    rows = Split(
        codes,
        np.asarray(labels, np.float32).T,
        {"place": np.asarray(places)},
    )
    train = np.asarray(splits) == "train"
    keys = sequence_keys(codes, both_strands=True)
    leaks = train & np.isin(keys, keys[~train])
    return Dataset(
        name="yeast_factors",
        output_names=names,
        units="probability",
        reverse_complement=True,
        train=rows.take(train & ~leaks),
        validation=rows.take(np.asarray(splits) == "valid"),
        test=rows.take(np.asarray(splits) == "test"),
        facts=tuple(facts),
        dropped={"train windows also in validation or test": int(leaks.sum())},
    )


def cut(
    genome: Mapping[str, np.ndarray],
    contigs: list[str],
    centers: np.ndarray,
    window: int,
) -> np.ndarray:
    """Windows around centers, uint8 `(n, window)`; N beyond the ends."""
    padded = {
        name: np.pad(codes, window, constant_values=UNKNOWN)
        for name, codes in genome.items()
    }
    starts = centers + window - window // 2
    cuts = zip(contigs, starts.tolist(), strict=True)
    return np.stack([padded[name][start : start + window] for name, start in cuts])


def _fact(path: Path, factors: int) -> dict[str, str]:
    return {
        "name": f"ChIP-exo of {factors} transcription factors of S. cerevisiae",
        "assembly": "sacCer3",
        "source": "GitHub CEGRcode/2021-Rossi_Nature, commit "
        "650fd9e7fa4142580b31440323de5d3748c9e71b (GEO GSE147927)",
        "licence": "MIT",
        "citation": "Rossi et al., A high-resolution protein architecture of the "
        "budding yeast genome, Nature 592, 309-314 (2021)",
        "sha256": sha256(path),
        "split": "by chromosome: validation chrXIII, test chrXV and chrXVI, train the "
        "rest",
    }
