"""GUE core promoters: binary, specific to strand and position."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.datasets.dataset import Dataset
from tools.datasets.official import load_tasks

COUNTS = {"train": 47_356, "dev": 5_920, "test": 5_920}


def load(data_folder: Path, seed: int, counts: Mapping[str, int] = COUNTS) -> Dataset:
    """Loads all core promoters with the official splits.

    Sequences are compared on the given strand only, as a promoter has a direction.

    Args:
        data_folder: The folder that holds `gue/`.
        seed: Not used: the splits are official.
        counts: Rows of each split that the file must have.

    Raises:
        DatasetError: The file is missing or has other counts.
    """
    del seed
    return load_tasks(
        data_folder,
        "gue_promoter",
        {"prom_core_all": counts},
        output_names=("core_promoter",),
        both_strands=False,
    )
