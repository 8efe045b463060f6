"""FASTA, BED, bigWig, VCF and tables -> examples -> batches for `model.fit`.

`import zoo.data` loads neither NumPy nor Keras; each name is imported on its first
use.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "Examples": "zoo.data.examples",
    "Genome": "zoo.data.genome",
    "Intervals": "zoo.data.examples",
    "SequenceDataset": "zoo.data.batches",
    "classes_of": "zoo.data.classes",
}

__all__ = ["Examples", "Genome", "Intervals", "SequenceDataset", "classes_of"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'zoo.data' has no attribute {name!r}")
    found = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHERE.keys())
