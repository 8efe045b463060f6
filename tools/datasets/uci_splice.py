"""UCI splice junctions: donor (ei), acceptor (ie) or neither (n); bundled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.datasets.dataset import Dataset, Split
from tools.datasets.duplicates import sequence_keys
from tools.datasets.tables import check_counts, sha256
from zoo import samples
from zoo.dna import encode_batch

CLASSES = ("ei", "ie", "n")
COUNTS = {"ei": 767, "ie": 765, "n": 1654}


def load(data_folder: Path, seed: int, counts: Mapping[str, int] = COUNTS) -> Dataset:
    """Loads the splice junctions with one output a class, of which one is 1.

    Split by seed in ten folds of each class: the column "fold", 0 to 9. Fold 8 is
    validation and 9 is test, unless somebody goes through all ten.
    The 185 repeated sequences are kept, as in published results, but always on one
    side of the split.

    Args:
        data_folder: Not used: the data come with the package.
        seed: Of the split.
        counts: Sequences a class.

    Raises:
        DatasetError: The bundled file has other counts.
    """
    del data_folder
    path = samples.path("uci_splice_junctions_60bp.fa.gz")
    sequences, labels = samples.splice_junctions()
    check_counts(path, counts, Counter(labels))
    codes = encode_batch(sequences)
    targets = (np.asarray(labels)[:, None] == CLASSES).astype(np.float32)
    keys = sequence_keys(codes, both_strands=False)
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    place = np.empty(len(first))
    random = np.random.default_rng(seed)
    for label in range(len(CLASSES)):
        members = np.flatnonzero(targets[first, label] == 1)
        place[members] = random.permutation(len(members)) / len(members)
    place = place[group]
    fold = np.minimum((10 * place).astype(int), 9)
    rows = Split(
        codes, targets, {"class": np.asarray(labels), "fold": fold.astype(str)}
    )
    return Dataset(
        name="uci_splice",
        output_names=CLASSES,
        units="probability",
        reverse_complement=False,
        train=rows.take(fold < 8),
        validation=rows.take(fold == 8),
        test=rows.take(fold == 9),
        facts=(
            {
                "name": "UCI Molecular Biology (Splice-junction Gene Sequences)",
                "assembly": "primates, GenBank 64.1",
                "source": "UCI Machine Learning Repository, by way of Debian "
                "r-cran-mlbench",
                "licence": "CC BY 4.0",
                "citation": "Towell, Noordewier and Shavlik (1991), "
                "doi:10.24432/C5M888",
                "sha256": sha256(path),
                "split": "seeded, stratified 80/10/10; equal sequences on one side",
            },
        ),
        dropped={},
    )
