"""GUE human transcription factor binding: five ChIP-seq tasks as one data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.datasets.dataset import Dataset
from tools.datasets.official import load_tasks

TASKS = ("tf_0", "tf_1", "tf_2", "tf_3", "tf_4")
COUNTS = {
    task: {"train": train, "dev": 1000, "test": 1000}
    for task, train in zip(TASKS, (32_378, 30_672, 19_000, 27_294, 19_000), strict=True)
}


def load(
    data_folder: Path, seed: int, counts: Mapping[str, Mapping[str, int]] = COUNTS
) -> Dataset:
    """Loads the five tasks with the official splits, compared on both strands.

    Args:
        data_folder: The folder that holds `gue/`.
        seed: Not used: the splits are official.
        counts: Rows of each split of each task that the files must have.

    Raises:
        DatasetError: A file is missing or has other counts.
    """
    del seed
    return load_tasks(
        data_folder, "gue_tf", counts, output_names=TASKS, both_strands=True
    )
