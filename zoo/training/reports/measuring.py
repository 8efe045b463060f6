"""What a trained model is worth: predictions and metrics of validation and test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.data.rows import BACKGROUND
from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config
from zoo.training.configuration.tasks import Task, tasks_of
from zoo.training.reports.evaluation import (
    class_metrics,
    classification_metrics,
    profile_metrics,
    regression_metrics,
)
from zoo.training.reports.profile_shares import share_metrics

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

    Where it is learned where reads fall, targets are reads and predictions the shares
    of a window's reads.
    """

    targets: npt.NDArray[np.float32]
    predictions: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        metrics: Entries `{name, split, value, ci95}`, see
            `zoo.training.reports.evaluation`; of several outputs of a model with the
            name of the output in front, as in "counts.pearson_plus". Where there is
            background, values are measured of all regions, and of those with peaks, as
            in "counts.peaks.pearson_plus".
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
            if task.shares:
                measure_all = share_metrics
            part = parts[split][head]
            for group, rows in _groups(task, [e for _, e in pairs]).items():
                prefix = "".join(f"{each}." for each in (head, group) if each)
                try:
                    found = measure_all(
                        names,
                        part.targets[rows],
                        part.predictions[rows],
                        split=split,
                        seed=config.seed,
                    )
                except ValueError as error:  # one class, or values that do not vary
                    notes.append(f"{prefix} {error}".strip())
                    continue
                metrics += [e | {"name": f"{prefix}{e['name']}"} for e in found]
    return Measured(metrics, parts, tuple(notes))


def _groups(task: Task, held_out: Sequence[Examples]) -> dict[str, Any]:
    """All rows, and of regions with and without peaks those with peaks, by name."""
    every = {"": slice(None)}
    if task.has_labels or any(BACKGROUND not in e.columns for e in held_out):
        return every
    peaks = np.concatenate([~e.columns[BACKGROUND] for e in held_out])
    return every if peaks.all() or not peaks.any() else every | {"peaks": peaks}


def _parts(
    config: Config, pairs: Sequence[tuple[keras.Model, Examples]]
) -> dict[str, SplitPredictions]:
    """Targets and predictions of a split by head; each model has its examples."""
    predicted = [predict_examples(config, m, e) for m, e in pairs]
    parts = {}
    for head in tasks_of(config):
        targets = np.concatenate(
            [
                config.head(head).of(e.targets, e.outputs)
                for _, e in pairs
                if e.targets is not None
            ]
        )
        predictions = np.concatenate([found[head] for found in predicted])
        parts[head] = SplitPredictions(targets, predictions)
    return parts


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
