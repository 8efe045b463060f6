"""Predictions along whole genomes: tiles, parts that survive a kill, track files.

`import zoo.genome_prediction` loads neither NumPy nor Keras; each name is imported on
its first use.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "GenomePrediction": "zoo.genome_prediction.job",
    "RayCluster": "zoo.genome_prediction.ray_cluster",
    "predict_genome": "zoo.genome_prediction.calling",
}

__all__ = ["GenomePrediction", "RayCluster", "predict_genome"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(
            f"module 'zoo.genome_prediction' has no attribute {name!r}"
        )
    found = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHERE.keys())
