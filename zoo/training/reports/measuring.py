"""What a trained model is worth: predictions and metrics of validation and test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config
from zoo.training.configuration.tasks import tasks_of
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
class SplitPredictions:
    """Targets and predictions of one split, in units: `(n, ..., num_outputs)`.

    Where it is learned where reads fall, both are shares of a window's reads.
    """

    targets: npt.NDArray[np.float32]
    predictions: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        metrics: Entries `{name, split, value, ci95}`, see
            `zoo.training.reports.evaluation`; of several outputs of a model with the
            name of the output in front, as in "counts.pearson_plus".
        parts: By split, "validation" and "test", and then by the name of the model's
            output, "" of a model with one.
        notes: What could not be measured, and why.
    """

    metrics: list[dict[str, Any]]
    parts: dict[str, dict[str, SplitPredictions]]
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
    parts: dict[str, dict[str, SplitPredictions]] = {}
    metrics: list[dict[str, Any]] = []
    notes: list[str] = []
    for split, pairs in (("validation", held_out), ("test", [(model, test)])):
        pairs = [(m, e) for m, e in pairs if len(e) and e.targets is not None]
        if not pairs:
            continue
        parts[split] = _parts(config, pairs)
        for head, task in tasks_of(config).items():
            names = config.head(head).names(pairs[0][1].outputs)
            measure_all = _METRICS.get(task.kind, classification_metrics)
            part = parts[split][head]
            try:
                found = measure_all(
                    names, part.targets, part.predictions, split=split, seed=config.seed
                )
            except ValueError as error:  # one class only, or values that do not vary
                notes.append(f"{head}: {error}" if head else str(error))
                continue
            prefix = f"{head}." if head else ""
            metrics += [e | {"name": f"{prefix}{e['name']}"} for e in found]
    return Measured(metrics, parts, tuple(notes))


def _parts(
    config: Config, pairs: Sequence[tuple[keras.Model, Examples]]
) -> dict[str, SplitPredictions]:
    """Targets and predictions of a split by head; each model has its examples."""
    predicted = [predict_examples(config, m, e) for m, e in pairs]
    parts = {}
    for head, task in tasks_of(config).items():
        targets = np.concatenate(
            [
                config.head(head).of(e.targets, e.outputs)
                for _, e in pairs
                if e.targets is not None
            ]
        )
        predictions = np.concatenate([found[head] for found in predicted])
        if task.shares:
            targets = _shares(targets)
        parts[head] = SplitPredictions(targets, predictions)
    return parts


def _shares(reads: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Of the reads of a window in each bin; NaN where it has none."""
    total = np.nansum(reads, axis=1, keepdims=True)
    return np.divide(reads, total, out=np.full_like(reads, np.nan), where=total > 0)


def predict_examples(
    config: Config, model: keras.Model, examples: Examples
) -> dict[str, npt.NDArray[np.float32]]:
    """Predictions in units, `(n, ..., num_outputs)`, in the order of the examples.

    By the name of the output in [heads]; of a model with one output by "".
    """
    tasks = tasks_of(config)
    activations = {name: task.activation for name, task in tasks.items()}
    found = [
        predict(
            model,
            examples.subset(np.arange(first, min(first + _ROWS, len(examples)))),
            activation=activations.get("", activations),
            window=examples.sequence_length,
        )
        for first in range(0, len(examples), _ROWS)
    ]
    if "" in tasks:
        return {"": np.concatenate(found)}
    return {name: np.concatenate([one[name] for one in found]) for name in tasks}
