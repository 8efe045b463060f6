"""GUE core promoters: binary, specific to strand and position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.training.datasets.dataset import Dataset, Split
from tools.training.datasets.duplicates import merge_labels, sequence_keys
from tools.training.datasets.gue_tf import CITATION, SOURCE
from tools.training.datasets.tables import (
    check_counts,
    find_file,
    read_columns,
    sha256,
)
from zoo.dna import encode_batch

COUNTS = {"train": 47_356, "dev": 5_920, "test": 5_920}


def load(data_folder: Path, seed: int, counts: Mapping[str, int] = COUNTS) -> Dataset:
    """Loads all core promoters with the official splits.

    Training sequences that occur in dev or test are left out and equal training
    sequences are one row; both on the given strand only, as a promoter has a
    direction.

    Args:
        data_folder: The folder that holds `gue/`.
        seed: Not used: the splits are official.
        counts: Rows of each split that the file must have.

    Raises:
        DatasetError: The file is missing or has other counts.
    """
    del seed
    path = find_file(data_folder, "gue/prom_core_all.tsv.gz")
    names, values, sequences = read_columns(path, "split", "label", "sequence")
    check_counts(path, counts, Counter(names))
    codes, splits = encode_batch(sequences), np.asarray(names)
    labels = np.asarray(values, np.float32)[:, None]
    keys = sequence_keys(codes, both_strands=False)
    train = splits == "train"
    leaks = train & np.isin(keys, keys[~train])
    rows = np.flatnonzero(train & ~leaks)
    first, merged, conflicts = merge_labels(keys[rows], labels[rows])
    known = ~np.isnan(merged[:, 0])
    return Dataset(
        name="gue_promoter",
        output_names=("core_promoter",),
        units="probability",
        reverse_complement=False,
        train=Split(codes[rows[first]][known], merged[known]),
        validation=Split(codes[splits == "dev"], labels[splits == "dev"]),
        test=Split(codes[splits == "test"], labels[splits == "test"]),
        facts=(
            {
                "name": "GUE prom_core_all",
                "assembly": "human, not stated by the source",
                "source": SOURCE,
                "licence": "Apache-2.0",
                "citation": CITATION,
                "sha256": sha256(path),
                "split": "official train, dev (validation) and test; training "
                "sequences that occur in dev or test left out",
            },
        ),
        dropped={
            "train rows also in dev or test": int(leaks.sum()),
            "train rows merged into an equal sequence": len(rows) - len(first),
            "train labels both 0 and 1, set to unknown": conflicts,
            "train rows left without a label": int((~known).sum()),
        },
    )
