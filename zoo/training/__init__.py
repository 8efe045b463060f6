"""Training and fine-tuning: helpers for `model.fit`, and `zoo.training.train`.

`import zoo.training` loads neither NumPy nor Keras; each name is imported on its
first use.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE: dict[str, str] = {
    "Config": "zoo.training.configuration.config",
    "ConfigError": "zoo.training.configuration.config",
    "tune": "zoo.training.runs.search",
    "train": "zoo.training.runs.running",
    "read_config": "zoo.training.configuration.config_file",
    "plan": "zoo.training.runs.running",
    "BestWeights": "zoo.training.stopping",
    "better": "zoo.training.stopping",
    "early_stopping": "zoo.training.stopping",
    "check_precision": "zoo.training.defaults",
    "cosine_with_warmup": "zoo.training.defaults",
    "default_optimizer": "zoo.training.defaults",
    "default_precision": "zoo.training.defaults",
    "ema_callback": "zoo.training.defaults",
    "jit_default": "zoo.training.defaults",
    "Checkpoint": "zoo.training.checkpointing.checkpoints",
    "CheckpointError": "zoo.training.checkpointing.checkpoint_file",
    "TrainingInterrupted": "zoo.training.checkpointing.checkpoints",
    "TrainingStopped": "zoo.training.checkpointing.checkpoints",
    "fit": "zoo.training.fitting",
    "GlobalBatchLoss": "zoo.training.distribution.global_batch",
    "Progress": "zoo.training.progress",
    "Strategy": "zoo.training.distribute",
    "strategy": "zoo.training.distribute",
    "Unfreeze": "zoo.training.fine_tuning.unfreezing",
    "add_adapters": "zoo.training.fine_tuning.adapters",
    "gradual_unfreezing": "zoo.training.fine_tuning.unfreezing",
    "layer_groups": "zoo.training.fine_tuning.groups",
    "layer_rates": "zoo.training.fine_tuning.per_layer",
    "layerwise_decay": "zoo.training.fine_tuning.per_layer",
    "load_adapters": "zoo.training.fine_tuning.adapters",
    "merge_adapters": "zoo.training.fine_tuning.adapters",
    "recompile": "zoo.training.fine_tuning.retracing",
    "save_adapters": "zoo.training.fine_tuning.adapters",
    "set_trainable": "zoo.training.fine_tuning.unfreezing",
    "towards_start": "zoo.training.fine_tuning.penalties",
    "two_phase": "zoo.training.fine_tuning.unfreezing",
    "write_report": "zoo.training.reports.report",
}

__all__ = [
    "Config",
    "ConfigError",
    "tune",
    "train",
    "read_config",
    "plan",
    "BestWeights",
    "better",
    "early_stopping",
    "check_precision",
    "cosine_with_warmup",
    "default_optimizer",
    "default_precision",
    "ema_callback",
    "jit_default",
    "Checkpoint",
    "CheckpointError",
    "TrainingInterrupted",
    "TrainingStopped",
    "GlobalBatchLoss",
    "Progress",
    "Strategy",
    "fit",
    "strategy",
    "Unfreeze",
    "add_adapters",
    "gradual_unfreezing",
    "layer_groups",
    "layer_rates",
    "layerwise_decay",
    "load_adapters",
    "merge_adapters",
    "recompile",
    "save_adapters",
    "set_trainable",
    "towards_start",
    "two_phase",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'zoo.training' has no attribute {name!r}")
    found = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHERE.keys())
