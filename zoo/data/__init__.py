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
    "Leak": "zoo.data.leaks",
    "LeakageReport": "zoo.data.leaks",
    "LeakageWarning": "zoo.data.leaks",
    "Overlap": "zoo.data.sketches",
    "SequenceDataset": "zoo.data.batches",
    "Sketch": "zoo.data.sketches",
    "Splits": "zoo.data.splits",
    "class_weights": "zoo.data.weights",
    "classes_of": "zoo.data.classes",
    "clusters": "zoo.data.homology",
    "concatenate": "zoo.data.concatenation",
    "cross_validation": "zoo.data.folds",
    "describe": "zoo.data.description",
    "from_fasta": "zoo.data.sources.fasta",
    "from_intervals": "zoo.data.sources.intervals",
    "from_table": "zoo.data.sources.table",
    "from_variants": "zoo.data.sources.variants",
    "gc_matched_negatives": "zoo.data.negatives",
    "leakage": "zoo.data.leaks",
    "overlap": "zoo.data.overlaps",
    "read_signals": "zoo.data.signals",
    "shuffled": "zoo.data.shuffles",
    "sketch": "zoo.data.sketches",
    "split_at_random": "zoo.data.splits",
    "split_by_chromosome": "zoo.data.splits",
    "split_by_column": "zoo.data.splits",
    "split_by_homology": "zoo.data.splits",
    "weighted": "zoo.data.weights",
}

__all__ = [
    "Examples",
    "Genome",
    "Intervals",
    "Leak",
    "LeakageReport",
    "LeakageWarning",
    "Overlap",
    "SequenceDataset",
    "Sketch",
    "Splits",
    "class_weights",
    "classes_of",
    "clusters",
    "concatenate",
    "cross_validation",
    "describe",
    "from_fasta",
    "from_intervals",
    "from_table",
    "from_variants",
    "gc_matched_negatives",
    "leakage",
    "overlap",
    "read_signals",
    "shuffled",
    "sketch",
    "split_at_random",
    "split_by_chromosome",
    "split_by_column",
    "split_by_homology",
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
