"""GUE human transcription factor binding: five ChIP-seq tasks as one data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.training.datasets.dataset import Dataset, Split
from tools.training.datasets.duplicates import merge_labels, sequence_keys
from tools.training.datasets.tables import (
    check_counts,
    find_file,
    read_columns,
    sha256,
)
from zoo.dna import encode_batch

TASKS = ("tf_0", "tf_1", "tf_2", "tf_3", "tf_4")
COUNTS = {
    task: {"train": train, "dev": 1000, "test": 1000}
    for task, train in zip(TASKS, (32_378, 30_672, 19_000, 27_294, 19_000), strict=True)
}
SOURCE = (
    "GitHub wds-seu/DeepGene, commit 486343e5212361d6cd7ed03c624f430ed3d5f02e, data/GUE"
)
CITATION = (
    "Zhou et al., DNABERT-2: Efficient Foundation Model and Benchmark For "
    "Multi-Species Genome, arXiv 2306.15006"
)


def load(
    data_folder: Path, seed: int, counts: Mapping[str, Mapping[str, int]] = COUNTS
) -> Dataset:
    """Loads the five tasks with the official splits.

    A row has the labels of the tasks its sequence belongs to and NaN for the rest.
    Validation (the official dev) and test rows are kept as they are, each with the
    label of its own task. A training sequence that is, itself or as its reverse
    complement, in the dev or test split of any task is left out; training sequences
    that are equal or reverse complements are one row.

    Args:
        data_folder: The folder that holds `gue/`.
        seed: Not used: the splits are official.
        counts: Rows of each split of each task that the files must have.

    Raises:
        DatasetError: A file is missing or has other counts.
    """
    del seed
    codes: dict[str, list[np.ndarray]] = {"train": [], "dev": [], "test": []}
    labels: dict[str, list[np.ndarray]] = {"train": [], "dev": [], "test": []}
    facts = []
    for output, task in enumerate(TASKS):
        path = find_file(data_folder, f"gue/{task}.tsv.gz")
        splits, values, sequences = read_columns(path, "split", "label", "sequence")
        check_counts(path, counts[task], Counter(splits))
        task_codes = encode_batch(sequences)
        targets = np.full((len(splits), len(TASKS)), np.nan, np.float32)
        targets[:, output] = np.asarray(values, np.float32)
        for split in codes:
            rows = np.asarray(splits) == split
            codes[split].append(task_codes[rows])
            labels[split].append(targets[rows])
        facts.append(
            {
                "name": f"GUE human {task}",
                "assembly": "human, not stated by the source",
                "source": SOURCE,
                "licence": "Apache-2.0",
                "citation": CITATION,
                "sha256": sha256(path),
                "split": "official train, dev (validation) and test; training "
                "sequences that occur in any task's dev or test, on either strand, "
                "left out",
            }
        )
    joined = {
        split: Split(np.concatenate(codes[split]), np.concatenate(labels[split]))
        for split in codes
    }
    train, dropped = _clean(joined["train"], joined["dev"], joined["test"])
    return Dataset(
        name="gue_tf",
        output_names=TASKS,
        units="probability",
        reverse_complement=True,
        train=train,
        validation=joined["dev"],
        test=joined["test"],
        facts=tuple(facts),
        dropped=dropped,
    )


def _clean(
    train: Split, validation: Split, test: Split
) -> tuple[Split, dict[str, int]]:
    """Leaves leaks out of the training split and merges what occurs twice."""
    keys = sequence_keys(train.codes, both_strands=True)
    held_out = np.concatenate([validation.codes, test.codes])
    leaks = np.isin(keys, sequence_keys(held_out, both_strands=True))
    keys, codes, labels = keys[~leaks], train.codes[~leaks], train.targets[~leaks]
    first, merged, conflicts = merge_labels(keys, labels)
    known = ~np.isnan(merged).all(axis=1)
    dropped = {
        "train rows also in dev or test": int(leaks.sum()),
        "train rows merged into an equal sequence": len(keys) - len(first),
        "train labels both 0 and 1, set to unknown": conflicts,
        "train rows left without a label": int((~known).sum()),
    }
    return Split(codes[first][known], merged[known]), dropped
