"""What a trained model is worth: predictions and metrics of validation and test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config
from zoo.training.configuration.tasks import task_of
from zoo.training.reports.evaluation import (
    class_metrics,
    classification_metrics,
    profile_metrics,
    regression_metrics,
)

if TYPE_CHECKING:
    import keras

    from zoo.data.examples import Examples

_ROWS = 8_192  # codes in memory at a time
_METRICS: dict[str, Callable[..., list[dict[str, Any]]]] = {
    "classes": class_metrics,
    "regression": regression_metrics,
    "profile": profile_metrics,
}


@dataclass(frozen=True, eq=False)
class Part:
    """Targets and predictions of one split, in units: `(n, ..., num_outputs)`."""

    targets: npt.NDArray[np.float32]
    predictions: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        metrics: Entries `{name, split, value, ci95}`, see
            `zoo.training.reports.evaluation`.
        parts: By split, "validation" and "test".
        notes: What could not be measured, and why.
    """

    metrics: list[dict[str, Any]]
    parts: dict[str, Part]
    notes: tuple[str, ...]


def measure(
    config: Config,
    model: keras.Model,
    held_out: Sequence[tuple[keras.Model, Examples]],
    test: Examples,
) -> Measured:
    """Predicts validation and test, in this order, and measures both.

    Args:
        config: The run's configuration.
        model: One-hot sequences -> logits.
        held_out: Validation data, each with the model that has not seen them.
        test: The test split; may be empty.

    Raises:
        InputError: scikit-learn or SciPy are missing.
    """
    task, activation = config.data.task, task_of(config).activation
    parts: dict[str, Part] = {}
    metrics: list[dict[str, Any]] = []
    notes: list[str] = []
    measure_all = _METRICS.get(task, classification_metrics)
    for split, pairs in (("validation", held_out), ("test", [(model, test)])):
        pairs = [(m, e) for m, e in pairs if len(e) and e.targets is not None]
        if not pairs:
            continue
        part = Part(
            np.concatenate([e.targets for _, e in pairs if e.targets is not None]),
            np.concatenate([predict_examples(m, e, activation) for m, e in pairs]),
        )
        parts[split] = part
        try:
            metrics += measure_all(
                pairs[0][1].outputs,
                part.targets,
                part.predictions,
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
            window=examples.sequence_length,
        )
        for first in range(0, len(examples), _ROWS)
    ]
    return np.concatenate(found)
