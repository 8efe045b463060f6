"""One trained model of a run: from its newest checkpoint to its best weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from zoo.data.sample_weights import weighted
from zoo.models.interface import sequence_input
from zoo.models.weights import load_weights
from zoo.training.checkpointing.checkpoints import Checkpoint
from zoo.training.configuration.auto import known
from zoo.training.configuration.config import Config
from zoo.training.defaults import ema_callback
from zoo.training.distribution.strategy import Strategy
from zoo.training.fine_tuning.adapters import merge_adapters
from zoo.training.fine_tuning.unfreezing import two_phase
from zoo.training.fitting import fit
from zoo.training.progress import Progress
from zoo.training.runs.bias import fit_bias
from zoo.training.runs.building import build, compile_model, direction
from zoo.training.runs.following import HistoryFile, followers, training_seconds
from zoo.training.runs.run import Member
from zoo.training.runs.start_bias import start_bias
from zoo.training.runs.stem_motifs import start_stem
from zoo.training.stopping import BestWeights

if TYPE_CHECKING:
    from zoo.data.batches import SequenceDataset
    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits


HISTORY = "history.csv"


def batches_of(
    config: Config, examples: Examples, model: keras.Model, *, training: bool
) -> SequenceDataset:
    """As codes, by the names of the model's inputs and outputs.

    Args:
        config: Of the run.
        examples: Of a split.
        model: What they are for.
        training: Whether they are shuffled, augmented and weighted as configured.
    """
    said, arguments = config.training, dict[str, Any]()
    if training:
        if said.class_weights:
            examples = weighted(examples)
        arguments = {
            "shuffle": True,
            "reverse_complement": said.reverse_complement,
            "pairing": said.partners,
            "max_shift": said.max_shift,
            "seed": config.seed,
        }
        background = config.data.background
        if background is not None and not background.only:
            arguments["background_ratio"] = background.ratio
    return examples.batches(
        known(said.batch_size),
        encoding="codes",
        sequence=sequence_input(model),
        heads=config.heads or None,
        **arguments,
    )


def train_member(
    config: Config,
    splits: Splits,
    where: Strategy,
    folder: Path,
    *,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    verbose: str | int = "auto",
    turn: tuple[int, int] = (1, 1),
) -> Member:
    """Trains the model of one seed, going on from its newest checkpoint.

    Args:
        config: With that seed.
        splits: The test split is not touched.
        where: The strategy.
        folder: This member's: checkpoints, the best weights, history.csv.
        callbacks: Further ones.
        verbose: "auto" shows `Progress`, 0 nothing; else as in `model.fit`.
        turn: The number of this member, from 1, and how many there are.
    """
    training = config.training
    keras.utils.set_random_seed(config.seed)
    checkpoint = Checkpoint(
        folder / "checkpoints", every_steps=training.checkpoint_steps or None
    )
    progress = Progress(
        monitor=training.monitor,
        checkpoint=checkpoint,
        members=turn,
    )
    shown = [progress] if verbose == "auto" else []
    mode = direction(config)
    best = BestWeights(folder / "best", training.monitor, keep=1, mode=mode)
    file = HistoryFile(folder / HISTORY)
    used = [*_callbacks(config, best), file]
    if where.is_chief:
        used += followers(config, folder)
    with where.scope(), contextlib.closing(file), contextlib.closing(progress):
        built, trained = build(config, splits.train)
        if config.model.bias is not None:
            fit_bias(config, built, splits.train)
        start_stem(config, built, splits.train)
        start_bias(config, built, splits.train)
        batches = batches_of(config, splits.train, built, training=True)
        progress.sequences = batches.order.epoch_size
        valid = batches_of(config, splits.valid, built, training=False)
        compile_model(config, trained, batches.steps_per_epoch, where)
        history = fit(
            trained,
            batches,
            epochs=known(training.epochs),
            validation_data=where.dataset(valid),
            callbacks=[*used, *callbacks, *shown],
            checkpoint=checkpoint,
            strategy=where,
            verbose=0 if shown else verbose,
        )
    where.wait_for_all()  # the chief has written the last of the best weights
    # What is measured and released is float32, whatever it was trained in.
    model, trained = build(config, splits.train, "float32")
    load_weights(trained, best.path)
    if config.fine_tuning.adapters:
        merge_adapters(model)
    seconds = training_seconds(folder / HISTORY)
    return Member(config.seed, model, history.history, best.value, seconds)


def _callbacks(config: Config, best: BestWeights) -> list[keras.callbacks.Callback]:
    training, tuning = config.training, config.fine_tuning
    found: list[keras.callbacks.Callback] = []
    if config.optimizer.average_weights:
        found.append(ema_callback())
    if tuning.head_epochs:
        statistics = tuning.batch_statistics
        found.append(two_phase(tuning.head_epochs, batch_statistics=statistics))
    found.append(best)
    if training.patience:
        found.append(
            keras.callbacks.EarlyStopping(
                training.monitor,
                mode=best.mode,
                patience=training.patience,
            )
        )
    return found
