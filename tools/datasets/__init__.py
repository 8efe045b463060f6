"""One loader a data set, each with `load(data_folder, seed) -> Dataset`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from registry.errors import UnknownNameError
from tools.datasets.dataset import Chromosome, Dataset, Split

__all__ = ["NAMES", "Chromosome", "Dataset", "Split", "load"]

NAMES = (
    "core_promoters",
    "ctcf_pu1",
    "deepbind_encode",
    "gue_promoter",
    "gue_tf",
    "human_factors",
    "retina_mpra",
    "uci_splice",
    "yeast_dyads",
    "yeast_factors",
)


def load(name: str, data_folder: Path, seed: int, **options: Any) -> Dataset:
    """Loads a data set by its name.

    Args:
        name: One of `NAMES`.
        data_folder: The folder that holds the source files.
        seed: Of whatever a loader draws: shuffled negatives, splits.
        **options: Of that loader alone, such as the window of yeast_factors.

    Raises:
        UnknownNameError: There is no data set of that name.
        DatasetError: A source file is missing or is not the documented one.
    """
    if name not in NAMES:
        raise UnknownNameError("data set", name, NAMES)
    module = importlib.import_module(f"tools.datasets.{name}")
    dataset: Dataset = module.load(data_folder, seed, **options)
    return dataset
