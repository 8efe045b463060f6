"""Training and fine-tuning: helpers for `model.fit`, and `zoo.training.train`.

`import zoo.training` loads neither NumPy nor Keras; each name is imported on its
first use.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE: dict[str, str] = {
    "Checkpoint": "zoo.training.checkpoints",
    "CheckpointError": "zoo.training.checkpoint_file",
    "TrainingInterrupted": "zoo.training.checkpoints",
    "TrainingStopped": "zoo.training.checkpoints",
    "fit": "zoo.training.fitting",
}

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "TrainingInterrupted",
    "TrainingStopped",
    "fit",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'zoo.training' has no attribute {name!r}")
    found = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHERE.keys())
