"""GUE core promoters: all, those without and those with a TATA box, as one data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.datasets.dataset import Dataset, Split
from tools.datasets.duplicates import sequence_keys
from tools.datasets.official import clean, read_task
from tools.datasets.tables import DatasetError

OUTPUTS = ("core_promoter", "no_tata", "tata")
COUNTS = {
    "prom_core_all": {"train": 47_356, "dev": 5_920, "test": 5_920},
    "prom_core_notata": {"train": 42_452, "dev": 5_307, "test": 5_307},
    "prom_core_tata": {"train": 4_904, "dev": 613, "test": 613},
}


def load(
    data_folder: Path, seed: int, counts: Mapping[str, Mapping[str, int]] = COUNTS
) -> Dataset:
    """Loads all core promoters; each is labelled for its own kind, too.

    The rows of the first task are those of the other two together, and so are those of
    its test split; but its dev split is another one. Its splits are used for all three
    outputs: the test rows of each are the official ones, the validation rows of
    `no_tata` and `tata` are not. Sequences are compared on the given strand only, as a
    promoter has a direction.

    Args:
        data_folder: The folder that holds `gue/`.
        seed: Not used: the splits are official.
        counts: Rows of each split of each file.

    Raises:
        DatasetError: A file is missing, has other counts, or the rows of the three
            do not fit together.
    """
    del seed
    found = [read_task(data_folder, task, rows) for task, rows in counts.items()]
    (splits, codes, labels, _), *kinds = found
    keys = sequence_keys(codes, both_strands=False)
    targets = np.full((len(codes), len(OUTPUTS)), np.nan, np.float32)
    targets[:, 0] = labels
    for output, (kind_splits, kind_codes, kind_labels, fact) in enumerate(kinds, 1):
        kind_keys = sequence_keys(kind_codes, both_strands=False)
        mine = np.isin(keys, kind_keys)
        targets[mine, output] = labels[mine]
        for wanted, rows in (("its", slice(None)), ("test", kind_splits == "test")):
            ours = mine if wanted == "its" else mine & (splits == "test")
            if _rows(keys[ours], labels[ours]) != _rows(
                kind_keys[rows], kind_labels[rows]
            ):
                raise DatasetError(
                    f"Expected {wanted} rows of {fact['name']} among those of all core "
                    "promoters, with their labels. Received others; fetch the files "
                    "again."
                )
    rows = Split(codes, targets)
    validation, test = rows.take(splits == "dev"), rows.take(splits == "test")
    held_out = sequence_keys(test.codes, both_strands=False)
    tested = np.isin(sequence_keys(validation.codes, False), held_out)
    train, dropped = clean(rows.take(splits == "train"), validation, test, False)
    return Dataset(
        name="core_promoters",
        output_names=OUTPUTS,
        units="probability",
        reverse_complement=False,
        train=train,
        validation=validation.take(~tested),
        test=test,
        facts=tuple(
            fact
            | {
                "split": "official of prom_core_all; training sequences that occur "
                "in dev or test left out"
            }
            for *_, fact in found
        ),
        dropped=dropped | {"validation rows also in test": int(tested.sum())},
    )


def _rows(keys: np.ndarray, labels: np.ndarray) -> list[tuple[bytes, float]]:
    return sorted(zip(keys.tolist(), labels.tolist(), strict=True))
