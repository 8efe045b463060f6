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
    "class_weights": "zoo.data.weights",
    "classes_of": "zoo.data.classes",
    "concatenate": "zoo.data.concatenation",
    "gc_matched_negatives": "zoo.data.negatives",
    "shuffled": "zoo.data.shuffles",
    "weighted": "zoo.data.weights",
}

__all__ = [
    "Examples",
    "Genome",
    "Intervals",
    "SequenceDataset",
    "class_weights",
    "classes_of",
    "concatenate",
    "gc_matched_negatives",
    "shuffled",
    "weighted",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'zoo.data' has no attribute {name!r}")
    found = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHERE.keys())
