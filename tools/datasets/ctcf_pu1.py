"""CTCF against PU.1 ChIP-seq peaks, split by chromosome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.datasets.dataset import Dataset, Split
from tools.datasets.duplicates import merge_labels, sequence_keys
from tools.datasets.tables import (
    check_counts,
    find_file,
    read_columns,
    sha256,
)
from zoo.dna import encode_batch

COUNTS = {"CTCF": 39_184, "PU1": 28_677}
VALIDATION_CHROMOSOMES = ("chr8",)
TEST_CHROMOSOMES = ("chr9", "chr18")


def load(data_folder: Path, seed: int, counts: Mapping[str, int] = COUNTS) -> Dataset:
    """Loads the peaks: CTCF is 1, PU.1 is 0.

    Sequences that are peaks of both, on either strand, are left out of every split.

    Args:
        data_folder: The folder that holds `chipseq_ctcf_pu1/`.
        seed: Not used: the split is by chromosome.
        counts: Peaks of each factor that the file must have.

    Raises:
        DatasetError: The file is missing or has other counts.
    """
    del seed
    path = find_file(data_folder, "chipseq_ctcf_pu1/ctcf_pu1_peaks_101bp.tsv.gz")
    factors, sequences, names = read_columns(path, "tf", "sequence", "chrom")
    check_counts(path, counts, Counter(factors))
    codes, chromosomes = encode_batch(sequences), np.asarray(names)
    labels = (np.asarray(factors) == "CTCF").astype(np.float32)[:, None]
    keys = sequence_keys(codes, both_strands=True)
    # Test first: of a sequence that lies in two places, the held-out row is kept.
    held_out = np.isin(chromosomes, TEST_CHROMOSOMES + VALIDATION_CHROMOSOMES)
    order = np.lexsort((~np.isin(chromosomes, TEST_CHROMOSOMES), ~held_out))
    first, merged, conflicts = merge_labels(keys[order], labels[order])
    known = ~np.isnan(merged[:, 0])
    rows, merged = order[first][known], merged[known]

    def split(wanted: np.ndarray) -> Split:
        return Split(codes[rows][wanted], merged[wanted])

    places = chromosomes[rows]
    validation = np.isin(places, VALIDATION_CHROMOSOMES)
    test = np.isin(places, TEST_CHROMOSOMES)
    return Dataset(
        name="ctcf_pu1",
        output_names=("ctcf",),
        units="probability of CTCF against PU.1",
        reverse_complement=True,
        train=split(~validation & ~test),
        validation=split(validation),
        test=split(test),
        facts=(
            {
                "name": "CTCF and PU.1 ChIP-seq peaks (ENCODE)",
                "assembly": "hg19",
                "source": "GitHub const-ae/Neural_Network_DNA_Demo, commit "
                "3404b374717da50eaa9e642feabcf8bc3a5659b7",
                "licence": "MIT",
                "citation": "Ahlmann-Eltze, Neural Network DNA Demo; peaks: The ENCODE "
                "Project Consortium, Nature 489, 57-74 (2012)",
                "sha256": sha256(path),
                "split": "by chromosome: validation chr8, test chr9 and chr18, train "
                "the rest; sequences that are peaks of both factors left out",
            },
        ),
        dropped={
            "sequences that are peaks of both factors": conflicts,
            "rows merged into an equal sequence": len(codes) - len(first),
        },
    )
