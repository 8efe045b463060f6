"""What a trained model is worth: predictions and metrics of validation and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.prediction import predict
from zoo.training.config import Config
from zoo.training.evaluation import (
    class_metrics,
    classification_metrics,
    profile_metrics,
    regression_metrics,
)
from zoo.training.tasks import TASKS

if TYPE_CHECKING:
    import keras

    from zoo.data.examples import Examples
    from zoo.data.splits import Splits

_ROWS = 8_192  # codes in memory at a time
_METRICS = {
    "classes": class_metrics,
    "regression": regression_metrics,
    "profile": profile_metrics,
}


@dataclass(frozen=True)
class Part:
    """Targets and predictions of one split, in units: `(n, ..., num_outputs)`."""

    targets: npt.NDArray[np.float32]
    predictions: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        metrics: Entries `{name, split, value, ci95}`, see `zoo.training.evaluation`.
        parts: By split, "validation" and "test".
        notes: What could not be measured, and why.
    """

    metrics: list[dict[str, Any]]
    parts: dict[str, Part]
    notes: tuple[str, ...]


def measure(config: Config, model: keras.Model, splits: Splits) -> Measured:
    """Predicts validation and test, in this order, and measures both.

    Args:
        config: Of the run.
        model: One-hot sequences -> logits.
        splits: The test split may be empty.

    Raises:
        InputError: scikit-learn or SciPy are missing.
    """
    task = config.data.task
    parts: dict[str, Part] = {}
    metrics: list[dict[str, Any]] = []
    notes: list[str] = []
    measure_all = _METRICS.get(task, classification_metrics)
    for split, examples in (("validation", splits.valid), ("test", splits.test)):
        if not len(examples) or examples.targets is None:
            continue
        predictions = predict_examples(model, examples, TASKS[task].activation)
        parts[split] = Part(examples.targets, predictions)
        try:
            metrics += measure_all(
                examples.outputs,
                examples.targets,
                predictions,
                split=split,
                seed=config.seed,
            )
        except ValueError as error:  # one class only, or values that do not vary
            notes.append(str(error))
    return Measured(metrics, parts, tuple(notes))


def predict_examples(
    model: keras.Model, examples: Examples, activation: str
) -> npt.NDArray[np.float32]:
    """Predictions in units, `(n, ..., num_outputs)`, in the order of the examples."""
    found = [
        predict(
            model,
            examples.codes(np.arange(first, min(first + _ROWS, len(examples)))),
            activation=activation,
        )
        for first in range(0, len(examples), _ROWS)
    ]
    return np.concatenate(found)
