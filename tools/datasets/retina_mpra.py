"""Mouse retina MPRA: the class of activity of a sequence, and its logarithm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.datasets.dataset import Dataset, Split
from tools.datasets.duplicates import sequence_keys
from tools.datasets.tables import check_counts, find_file, read_columns, sha256
from zoo.dna import encode_batch

FILE = "crx_retina_mpra/crx_retina_mpra_164bp.tsv.gz"
CLASSES = ("Silencer", "Inactive", "WeakEnhancer", "StrongEnhancer")
STRONG = 2.838  # log2 over the basal promoter, as the authors draw the line
LIMIT = 8.0
SHIFTED = ("library9a", "library9b")  # their level is some 3 lower than of the others
COUNTS = {"train": 44_918, "val": 3_155, "test": 710, "excluded_test_derived": 8_997}


def load(data_folder: Path, seed: int, counts: Mapping[str, int] = COUNTS) -> Dataset:
    """Loads the libraries 1 to 7 with the authors' split, one output a class.

    Activity is log2 of the expression over that of the basal promoter, from -8 to 8.
    The authors' classes: Silencer below -1, Inactive up to 1, WeakEnhancer below 2.838,
    StrongEnhancer. Equal training sequences are one row of their mean activity.
    Training sequences that are held out, on either strand, are left out, and so are
    validation sequences that are tested, the sequences derived from tested ones, and
    library 9, whose level differs.

    Columns: "class", "log2_activity", "library", "batch"; the paper's first round of
    training has the batches Genomic, CrxMotifMutant, Round2 and Round3.

    Args:
        data_folder: The folder that holds `crx_retina_mpra/`.
        seed: Not used: the split is the authors'.
        counts: Measurements of each split that the file must have.

    Raises:
        DatasetError: The file is missing or has other counts.
    """
    del seed
    path = find_file(data_folder, FILE)
    sequences, values, libraries, batches, parts = read_columns(
        path, "sequence", "log2", "library", "batch", "split"
    )
    check_counts(path, counts, Counter(parts))
    codes, splits, library = (
        encode_batch(sequences),
        *map(np.asarray, (parts, libraries)),
    )
    activity = np.clip(np.asarray(values, np.float64), -LIMIT, LIMIT)
    keys = sequence_keys(codes, both_strands=True)
    shifted = np.isin(library, SHIFTED)
    test, validation = (splits == name for name in ("test", "val"))
    tested = validation & np.isin(keys, keys[test])
    validation &= ~tested & ~shifted
    train = (splits == "train") & ~shifted
    leaks = train & np.isin(keys, keys[test | validation])
    rows = np.flatnonzero(train & ~leaks)
    _, first, group = np.unique(keys[rows], return_index=True, return_inverse=True)
    means = np.bincount(group, activity[rows]) / np.bincount(group)
    activity[rows[first]] = means
    order = rows[np.sort(first)]

    def split(wanted: np.ndarray) -> Split:
        value = activity[wanted]
        number = (value >= -1).astype(int) + (value > 1) + (value >= STRONG)
        columns = {
            "class": np.asarray(CLASSES)[number],
            "log2_activity": np.asarray([f"{a:.5f}" for a in value]),
            "library": library[wanted],
            "batch": np.asarray(batches)[wanted],
        }
        return Split(codes[wanted], np.eye(4, dtype=np.float32)[number], columns)

    return Dataset(
        name="retina_mpra",
        output_names=CLASSES,
        units="probability",
        reverse_complement=True,
        train=split(order),
        validation=split(validation),
        test=split(test),
        facts=(
            {
                "name": "MPRA of CRX-bound and other sequences in mouse retina",
                "assembly": "mm10",
                "source": "GitHub barakcohenlab/CRX-Active-Learning, commit "
                "c2f8b4b600de209194b66303df4acd8444acab34; activities computed from "
                "its counts",
                "licence": "BSD-3-Clause",
                "citation": "Friedman et al., Cell Systems (2025), "
                "doi:10.1016/j.cels.2024.12.004; Friedman et al., eLife 10:e67403 "
                "(2021)",
                "sha256": sha256(path),
                "split": "the authors': test is the mutagenesis set; sequences derived "
                "from it and library 9 left out",
            },
        ),
        dropped={
            "rows derived from test": int((splits == "excluded_test_derived").sum()),
            "rows of library 9": int(shifted.sum()),
            "train rows also in validation or test": int(leaks.sum()),
            "train rows merged into an equal sequence": len(rows) - len(order),
            "validation rows also in test": int(tested.sum()),
        },
    )
