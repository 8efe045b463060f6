"""Tables of GUE: labels of official splits, without training rows that are held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.datasets.dataset import Dataset, Split, concatenate
from tools.datasets.duplicates import merge_labels, sequence_keys
from tools.datasets.tables import check_counts, find_file, read_columns, sha256
from zoo.dna import encode_batch

SOURCE = (
    "GitHub wds-seu/DeepGene, commit 486343e5212361d6cd7ed03c624f430ed3d5f02e, data/GUE"
)
CITATION = (
    "Zhou et al., DNABERT-2: Efficient Foundation Model and Benchmark For "
    "Multi-Species Genome, arXiv 2306.15006"
)
SPLITS = ("train", "dev", "test")


def load_tasks(
    data_folder: Path,
    name: str,
    counts: Mapping[str, Mapping[str, int]],
    *,
    output_names: tuple[str, ...],
    both_strands: bool,
) -> Dataset:
    """Loads tasks of GUE as one data set with masked labels.

    A row has the label of the task it belongs to and NaN for the rest. Validation (the
    official dev) and test rows are kept as they are. A training sequence that is in the
    dev or test split of any task is left out; equal training sequences are one row with
    the labels of all.

    Args:
        data_folder: The folder that holds `gue/`.
        name: Of the data set.
        counts: The tasks, by the names of their files, and the rows of each split that
            the files must have.
        output_names: One a task.
        both_strands: Whether a sequence equals its reverse complement.

    Raises:
        DatasetError: A file is missing or has other counts.
    """
    found: dict[str, list[Split]] = {split: [] for split in SPLITS}
    facts = []
    for output, (task, rows) in enumerate(counts.items()):
        splits, codes, labels, fact = read_task(data_folder, task, rows)
        targets = np.full((len(splits), len(counts)), np.nan, np.float32)
        targets[:, output] = labels
        for split, parts in found.items():
            parts.append(Split(codes[splits == split], targets[splits == split]))
        left_out = "on either strand, " if both_strands else ""
        facts.append(
            fact
            | {
                "split": "official train, dev (validation) and test; training "
                f"sequences that occur in dev or test of any task, {left_out}left out"
            }
        )
    joined = {split: concatenate(parts) for split, parts in found.items()}
    train, dropped = clean(joined["train"], joined["dev"], joined["test"], both_strands)
    return Dataset(
        name=name,
        output_names=output_names,
        units="probability",
        reverse_complement=both_strands,
        train=train,
        validation=joined["dev"],
        test=joined["test"],
        facts=tuple(facts),
        dropped=dropped,
    )


def read_task(
    data_folder: Path, task: str, counts: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, str]]:
    """The rows of one file of GUE, checked.

    Returns:
        The split of each row, its codes, its label, and where the file comes from.

    Raises:
        DatasetError: The file is missing or has other counts.
    """
    path = find_file(data_folder, f"gue/{task}.tsv.gz")
    splits, values, sequences = read_columns(path, "split", "label", "sequence")
    check_counts(path, counts, Counter(splits))
    fact = {
        "name": f"GUE {task}",
        "assembly": "human, not stated by the source",
        "source": SOURCE,
        "licence": "Apache-2.0",
        "citation": CITATION,
        "sha256": sha256(path),
    }
    labels = np.asarray(values, np.float32)
    return np.asarray(splits), encode_batch(sequences), labels, fact


def clean(
    train: Split, validation: Split, test: Split, both_strands: bool
) -> tuple[Split, dict[str, int]]:
    """Leaves leaks out of the training split and merges what occurs twice."""
    keys = sequence_keys(train.codes, both_strands)
    held_out = np.concatenate([validation.codes, test.codes])
    leaks = np.isin(keys, sequence_keys(held_out, both_strands))
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
