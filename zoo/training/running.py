"""A configuration -> a trained, measured, released model."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

import registry
from zoo.data.weights import weighted
from zoo.ensembles import ensemble
from zoo.training.adapters import merge_adapters
from zoo.training.building import build, compile_model
from zoo.training.checkpoints import Checkpoint
from zoo.training.config import Config
from zoo.training.config_file import read_config
from zoo.training.defaults import ema_callback
from zoo.training.distribute import Strategy, strategy
from zoo.training.estimate import Estimate, estimate
from zoo.training.fitting import fit
from zoo.training.following import HistoryFile, followers
from zoo.training.measuring import Measured, measure
from zoo.training.publishing import publish
from zoo.training.run_data import read_splits
from zoo.training.run_folder import open_run
from zoo.training.stopping import BestWeights, early_stopping
from zoo.training.tasks import TASKS
from zoo.training.unfreezing import two_phase
from zoo.weights import load_weights

if TYPE_CHECKING:
    from zoo.data.examples import Examples
    from zoo.data.splits import Splits


@dataclass(frozen=True)
class Member:
    """One trained model of a run.

    Attributes:
        seed: Of it.
        model: One-hot sequences -> logits, with the weights of the best epoch.
        history: Logs of each epoch by name, as of Keras.
        best: Value of the monitored quantity in the best epoch.
    """

    seed: int
    model: keras.Model
    history: dict[str, list[float]]
    best: float


@dataclass(frozen=True)
class Run:
    """What a run made.

    Attributes:
        config: What it did.
        folder: Where its files are.
        model: The trained model, or the ensemble of the members.
        members: Of the ensemble; one without.
        measured: Metrics, targets and predictions of validation and test.
        release: The released folder, if the configuration has a [release].
    """

    config: Config
    folder: Path
    model: keras.Model
    members: tuple[Member, ...]
    measured: Measured
    release: registry.Release | None


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        config: What it does.
        splits: The examples.
        model: Built and compiled, not trained.
        estimate: Sizes.
        strategy: On what it runs.
    """

    config: Config
    splits: Splits
    model: keras.Model
    estimate: Estimate
    strategy: Strategy


def train(
    config: Config | str | Path,
    *,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    verbose: str | int = "auto",
) -> Run:
    """Trains, measures and releases what a configuration says.

    Started again after any end, it goes on from the newest checkpoint: with the same
    configuration in the same folder. The test split is read once, after training.
    With several workers, each runs this; one of them writes the files.

    Args:
        config: A `Config`, or the path of its TOML file.
        callbacks: Further callbacks, of every member.
        verbose: As in `model.fit`.

    Returns:
        The model and what was measured.

    Raises:
        ConfigError: The configuration cannot be used, or the folder is another run's.
        InputError: The data cannot be used.
        CheckpointError, TrainingStopped, TrainingInterrupted: As of
            `zoo.training.fit`.
    """
    config = _read(config)
    where = _strategy(config)
    with _folder(config, where) as folder:
        splits = read_splits(config)
        members = []
        for seed in config.ensemble.seeds or (config.seed,):
            one = dataclasses.replace(config, seed=seed)
            place = folder / f"member_{seed}" if config.ensemble.seeds else folder
            members.append(
                _train_member(one, splits, where, place, list(callbacks), verbose)
            )
        model = members[0].model
        if len(members) > 1:
            model = ensemble(
                [member.model for member in members],
                average=config.ensemble.average,
                activation=TASKS[config.data.task].activation,
            )
        measured = measure(config, model, splits)
        release = None
        if where.is_chief:
            entries = json.dumps(measured.metrics, indent=2)
            (folder / "metrics.json").write_text(entries + "\n", encoding="utf-8")
            release = publish(config, model, splits, measured, folder)
        return Run(config, folder, model, tuple(members), measured, release)


def plan(config: Config | str | Path) -> Plan:
    """Builds all that `train` would use, and trains nothing, writes nothing."""
    config = _read(config)
    where = _strategy(config)
    splits = read_splits(config)
    batches = _batches(config, splits.train)
    keras.utils.set_random_seed(config.seed)
    with where.scope():
        model, trained = build(config, len(splits.train.outputs))
        compile_model(config, trained, batches.steps_per_epoch, where)
        trained.optimizer.build(trained.trainable_variables)
    model.optimizer = trained.optimizer
    sizes = estimate(
        model,
        rows=len(splits.train),
        batch_size=config.training.batch_size,
        sequence_length=splits.train.sequence_length,
        replicas=where.replicas,
    )
    return Plan(config, splits, model, sizes, where)


def _read(config: Config | str | Path) -> Config:
    return config if isinstance(config, Config) else read_config(config)


def _strategy(config: Config) -> Strategy:
    return strategy(
        config.strategy.kind,
        devices=config.strategy.devices,
        synchronized=config.training.synchronize_batch_normalization,
    )


@contextlib.contextmanager
def _folder(config: Config, where: Strategy) -> Iterator[Path]:
    """The run's folder; only the chief claims it."""
    if not where.is_chief:
        yield config.run_folder
        return
    with open_run(config) as folder:
        yield folder


def _batches(config: Config, examples: Examples) -> Any:
    training = config.training
    if training.class_weights:
        examples = weighted(examples)
    return examples.batches(
        training.batch_size,
        shuffle=True,
        encoding="codes",
        reverse_complement=training.reverse_complement,
        max_shift=training.max_shift,
        seed=config.seed,
    )


def _train_member(
    config: Config,
    splits: Splits,
    where: Strategy,
    folder: Path,
    further: list[keras.callbacks.Callback],
    verbose: str | int,
) -> Member:
    training = config.training
    batches = _batches(config, splits.train)
    valid = splits.valid.batches(training.batch_size, encoding="codes")
    keras.utils.set_random_seed(config.seed)
    with where.scope():
        _, trained = build(config, len(splits.train.outputs))
        compile_model(config, trained, batches.steps_per_epoch, where)
        best = BestWeights(folder / "best", training.monitor, keep=1)
        history = fit(
            trained,
            batches,
            epochs=training.epochs,
            validation_data=where.dataset(valid),
            callbacks=[*_callbacks(config, folder, where, best), *further],
            checkpoint=Checkpoint(
                folder / "checkpoints", every_steps=training.checkpoint_steps or None
            ),
            strategy=where,
            verbose=verbose,
        )
    where.wait_for_all()  # the chief has written the last of the best weights
    model, trained = build(config, len(splits.train.outputs))
    load_weights(trained, best.path)
    if config.fine_tuning.adapters:
        merge_adapters(model)
    return Member(config.seed, model, history.history, best.value)


def _callbacks(
    config: Config, folder: Path, where: Strategy, best: BestWeights
) -> list[keras.callbacks.Callback]:
    training, tuning = config.training, config.fine_tuning
    found: list[keras.callbacks.Callback] = []
    if config.optimizer.average_weights:
        found.append(ema_callback())
    if tuning.head_epochs:
        statistics = tuning.batch_statistics
        found.append(two_phase(tuning.head_epochs, batch_statistics=statistics))
    found.append(best)
    if training.patience:
        found.append(early_stopping(training.monitor, patience=training.patience))
    if where.is_chief:
        found += [HistoryFile(folder / "history.csv"), *followers(config, folder)]
    return found
