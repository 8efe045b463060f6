"""What a trained model is worth: predictions and metrics of validation and test."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.data.rows import BACKGROUND
from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config
from zoo.training.configuration.tasks import Task, tasks_of
from zoo.training.reports.backgrounds import with_backgrounds
from zoo.training.reports.calibration import Facts, facts_of, probabilities
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
        facts: By the name of the model's output with labels, what its outputs are
            calibrated by, from which threshold on they are positive, and how often
            they call backgrounds so.
    """

    metrics: list[dict[str, Any]]
    parts: dict[str, dict[str, SplitPredictions]]
    notes: tuple[str, ...]
    facts: Mapping[str, tuple[Facts, ...]] = dataclasses.field(default_factory=dict)


def measure(
    config: Config,
    model: keras.Model,
    held_out: Sequence[tuple[keras.Model, Examples]],
    test: Examples,
) -> Measured:
    """Predicts validation and test, in this order, and measures both.

    Probabilities are calibrated on the validation split, and MCC and accuracy are at
    the threshold that is best there.

    Args:
        config: The run's configuration.
        model: One-hot sequences -> logits.
        held_out: Validation data, each with the model that has not seen them.
        test: The test split; may be empty.

    Raises:
        InputError: scikit-learn or SciPy are missing.
    """
    parts: dict[str, dict[str, SplitPredictions]] = {}
    pairs_of = {"validation": held_out, "test": [(model, test)]}
    for split, pairs in pairs_of.items():
        pairs = [(m, e) for m, e in pairs if len(e) and e.targets is not None]
        pairs_of[split] = pairs
        if pairs:
            parts[split] = _parts(config, pairs)
    facts = _facts(config, model, parts, pairs_of["validation"])
    metrics: list[dict[str, Any]] = []
    notes: list[str] = []
    for split, of_heads in parts.items():
        examples = [e for _, e in pairs_of[split]]
        for head, task in tasks_of(config).items():
            names = config.head(head).names(examples[0].outputs)
            measure_all: Callable[..., Any] = _METRICS.get(
                task.kind, classification_metrics
            )
            if task.shares:
                measure_all = share_metrics
            if measure_all is classification_metrics and head in facts:
                thresholds = [one.threshold for one in facts[head]]
                measure_all = partial(measure_all, thresholds=thresholds)
            part = of_heads[head]
            for group, rows in _groups(task, examples).items():
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
    return Measured(metrics, parts, tuple(notes), facts)


def _facts(
    config: Config,
    model: keras.Model,
    parts: dict[str, dict[str, SplitPredictions]],
    held_out: Sequence[tuple[keras.Model, Examples]],
) -> dict[str, tuple[Facts, ...]]:
    """Of the outputs with labels, whose parts have logits and get probabilities."""
    found = {}
    split = "test" if "test" in parts else "validation"
    for head, task in tasks_of(config).items():
        if not task.has_labels:
            continue
        facts: tuple[Facts, ...] = ()
        if "validation" in parts:
            own, measured = parts["validation"][head], parts[split][head]
            facts = facts_of(
                task,
                (own.targets, own.predictions),
                (measured.targets, measured.predictions),
                split,
            )
        for of_heads in parts.values():
            part = of_heads[head]
            known = facts or [Facts()] * part.targets.shape[-1]
            of_heads[head] = dataclasses.replace(
                part, predictions=probabilities(task, part.predictions, known)
            )
        if facts and task.kind != "classes":
            own = parts["validation"][head]
            facts = with_backgrounds(
                config,
                model,
                held_out[0][1],
                task,
                facts,
                own.targets,
                own.predictions,
                head,
            )
        if facts:
            found[head] = facts
    return found


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
    """Predictions `(n, ..., num_outputs)` in the order of the examples.

    They are in units, but of outputs with labels the logits.

    By the name of the output in [heads]; of a model with one output by "".
    """
    tasks = tasks_of(config)
    activations = {
        name: None if task.has_labels else task.activation
        for name, task in tasks.items()
    }
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
