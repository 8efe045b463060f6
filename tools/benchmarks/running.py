"""One row of the benchmarks: an architecture trained on a data set, and measured."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

import registry
from tools.benchmarks import strands
from tools.datasets import Dataset, Split
from tools.study.reverse_complement import trainable
from tools.training.kmer_logistic import logistic_regression
from zoo.data.examples import CodesInMemory, Examples
from zoo.prediction.sequences import predict
from zoo.splits.splits import Splits
from zoo.training.configuration.config import (
    Config,
    Data,
    Model,
    Optimizer,
    Split as ConfigSplit,
    Training,
)
from zoo.training.distribution.strategy import strategy
from zoo.training.reports.evaluation import class_metrics, classification_metrics
from zoo.training.reports.measuring import measure
from zoo.training.runs.member import train_member
from zoo.training.runs.run import Member

VALIDATION_ROWS = 2_000
# Of the others by the number of outputs.
TASKS = {"uci_splice": "classes", "retina_mpra": "classes"}


class TooSlowError(Exception):
    """The training would take longer than it may."""


@dataclass(frozen=True)
class Budget:
    """What each run may use; the same for all.

    Attributes:
        rows: Of training, at most; a sample by the seed of the run.
        sequences: That are trained on, in as many epochs as it takes.
        batch_size: Sequences a step.
        learning_rate: Of AdamW, at its highest; a cosine to zero.
        minutes: Of one core, that the training may take.
    """

    rows: int = 8_000
    sequences: int = 40_000
    batch_size: int = 64
    learning_rate: float = 1e-3
    minutes: float = 4.0


def sampled(dataset: Dataset, rows: int, seed: int) -> Dataset:
    """A data set with a sample of its training rows, and of its validation rows."""

    def some(split: Split, rows: int) -> Split:
        return split.take(np.random.default_rng(seed).permutation(len(split))[:rows])

    return dataclasses.replace(
        dataset,
        train=some(dataset.train, rows),
        validation=some(dataset.validation, VALIDATION_ROWS),
    )


def examples(split: Split, dataset: Dataset) -> Examples:
    """A split as what `zoo.training` takes."""
    return Examples(
        CodesInMemory(split.codes), split.targets, outputs=dataset.output_names
    )


def splits_of(dataset: Dataset) -> Splits:
    """The three of them."""
    return Splits(
        examples(dataset.train, dataset),
        examples(dataset.validation, dataset),
        examples(dataset.test, dataset),
    )


def config_of(
    dataset: Dataset,
    architecture: str,
    arguments: Mapping[str, Any],
    budget: Budget,
    seed: int,
) -> Config:
    """The configuration that `seqzoo train` would have read."""
    several = "multi-label" if len(dataset.output_names) > 1 else "binary"
    task: Any = TASKS.get(dataset.name, several)
    builder = registry.builder(architecture)
    if builder.__module__ == strands.__name__:
        turned = architecture == strands.AUGMENTED
    else:  # invariant networks gain nothing by it
        declared = registry.declaration(builder).reverse_complement
        turned = dataset.reverse_complement and declared != "invariant"
    return Config(
        name="benchmark_v1",
        data=Data("table", dataset.name, ConfigSplit("column"), task),
        model=Model(architecture, dict(arguments)),
        seed=seed,
        training=Training(
            epochs=round(budget.sequences / len(dataset.train)),
            batch_size=budget.batch_size,
            normalization_momentum=1.0,
            metrics=(),  # the loss chooses the epoch; the rest is measured at the end
            reverse_complement=turned,
        ),
        optimizer=Optimizer(learning_rate=budget.learning_rate),
    )


class Clock(keras.callbacks.Callback):
    """Seconds of the processor that steps take, without validation and tracing."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self.budget, self.steps, self.seconds, self._seen = budget, 0, 0.0, 0

    @property
    def per_second(self) -> float:
        """Training sequences a second of one core."""
        return self.steps * self.budget.batch_size / max(self.seconds, 1e-9)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._begin = time.process_time()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._seen += 1
        if self._seen <= 2:  # they trace and compile
            return
        self.steps += 1
        self.seconds += time.process_time() - self._begin
        needed = self.budget.sequences / self.per_second / 60
        # The first step is a poor witness, but says who is far too slow.
        allowed = self.budget.minutes * (3 if self.steps < 4 else 1)
        if self.steps <= 4 and needed > allowed:
            raise TooSlowError(
                f"{needed:.0f} minutes of one core, of {self.budget.minutes:g} allowed"
            )


def trained(
    config: Config, splits: Splits, folder: Path, clock: keras.callbacks.Callback
) -> Member:
    """The network of the best epoch; goes on from the newest checkpoint of `folder`."""
    return train_member(
        config, splits, strategy("single"), folder, callbacks=[clock], verbose=0
    )


def metrics_of(config: Config, model: keras.Model, splits: Splits) -> dict[str, float]:
    """Of validation and test, the means over outputs, as "test_auroc"."""
    measured = measure(config, model, [(model, splits.valid)], splits.test)
    return _means(measured.metrics, splits.test.outputs)


def _means(entries: list[dict[str, Any]], names: Sequence[str]) -> dict[str, float]:
    found = {}
    for entry in entries:
        metric = entry["name"]
        if metric.endswith("_mean"):
            metric = metric.removesuffix("_mean")
        elif len(names) == 1:
            metric = metric.removesuffix(f"_{names[0]}")
        if not any(metric.endswith(f"_{name}") for name in names):
            found[f"{entry['split']}_{metric}"] = entry["value"]
    return found


def run(
    dataset: Dataset,
    architecture: str,
    arguments: Mapping[str, Any],
    budget: Budget,
    seed: int,
    folder: Path,
) -> dict[str, Any]:
    """Trains and measures.

    Returns:
        Keywords of `tools.runs.record`: metrics, seconds, parameters.
    """
    dataset = sampled(dataset, budget.rows, seed)
    splits = splits_of(dataset)
    config = config_of(dataset, architecture, arguments, budget, seed)
    clock = Clock(budget)
    member = trained(config, splits, folder, clock)
    metrics = metrics_of(config, member.model, splits)
    metrics["train_per_second"] = clock.per_second
    metrics["predict_per_second"] = _prediction_rate(member.model, splits.test)
    shutil.rmtree(folder)
    return {
        "metrics": metrics,
        "seconds": member.seconds,
        "parameters": trainable(member.model),
    }


def run_kmers(dataset: Dataset, budget: Budget, seed: int) -> dict[str, Any]:
    """The regression on k-mer counts, from the same rows; as `run`."""
    dataset = sampled(dataset, budget.rows, seed)
    begin = time.perf_counter()
    _, _, probabilities = logistic_regression(dataset)
    seconds = time.perf_counter() - begin
    of_classes = TASKS.get(dataset.name) == "classes"
    measured = class_metrics if of_classes else classification_metrics
    names, targets = dataset.output_names, dataset.test.targets
    entries = measured(names, targets, probabilities, split="test", seed=0)
    return {"metrics": _means(entries, names), "seconds": seconds}


def _prediction_rate(model: keras.Model, test: Examples) -> float:
    """Sequences a second of one core."""
    some = test.subset(np.arange(min(len(test), 1_024)))
    predict(model, some)  # it compiles
    begin = time.process_time()
    predict(model, some)
    return len(some) / (time.process_time() - begin)
