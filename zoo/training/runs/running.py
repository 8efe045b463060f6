"""A configuration -> a trained, measured, released model."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from zoo.data.concatenation import concatenate
from zoo.files.output import open_output
from zoo.models.ensembles import ensemble
from zoo.models.enzyme_bias import has_bias, without_bias
from zoo.splits.folds import cross_validation
from zoo.training.configuration.auto import known
from zoo.training.configuration.config import Config
from zoo.training.configuration.config_file import member_configs, read_config
from zoo.training.configuration.tasks import tasks_of
from zoo.training.distribution.strategy import Strategy, strategy
from zoo.training.reports.baselines import baselines
from zoo.training.reports.enzyme import check_enzyme
from zoo.training.reports.measuring import Measured, measure
from zoo.training.reports.report import write_report
from zoo.training.reports.report_facts import compute_text
from zoo.training.runs.building import (
    build,
    compile_model,
    metrics,
    with_symmetry,
)
from zoo.training.runs.checking import check_monitor, require_packages
from zoo.training.runs.checking_targets import check_learnable
from zoo.training.runs.data_size import by_size, settled
from zoo.training.runs.described import check_release
from zoo.training.runs.member import batches_of, train_member
from zoo.training.runs.publishing import publish
from zoo.training.runs.run import Member, Plan, Run, estimate
from zoo.training.runs.run_data import held_out, read_splits
from zoo.training.runs.run_folder import check_claim, check_data, open_run
from zoo.training.runs.stem_motifs import start_stem

if TYPE_CHECKING:
    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits


def train(
    config: Config | str | Path,
    *,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    verbose: str | int = "auto",
) -> Run:
    """Trains, measures and releases what a configuration says.

    Started again after any end, it goes on from the newest checkpoint: with the same
    configuration in the same folder. The test split is read once, after training.
    What is measured and released is float32, whatever precision it was trained in; the
    report is there before the release, and gets its card afterwards.
    With several workers, each runs this; one of them writes the files.

    Args:
        config: A `Config`, or the path of its TOML file.
        callbacks: Further callbacks, of every member.
        verbose: "auto" shows `zoo.training.Progress`, 0 nothing; else as in
            `model.fit`.

    Returns:
        The model and what was measured.

    Raises:
        ConfigError: The configuration cannot be used, a package that it needs is not
            installed, or the folder is another run's.
        InputError: The data cannot be used.
        CheckpointError, TrainingStopped, TrainingInterrupted: As in
            `zoo.training.fit`.
    """
    config = read_config(config)
    require_packages(config)
    where, callbacks = strategy_of(config), list(callbacks)
    folder = config.run_folder
    with open_run(config) if where.is_chief else contextlib.nullcontext():
        splits = read_splits(config)
        check_release(config, splits.train)
        config = settled(config, splits)
        if where.is_chief:
            check_data(config, splits, claim=True)
        config = with_symmetry(config, splits.train)
        members = []
        turns = _turns(config, splits)
        for number, (name, its, own) in enumerate(turns, start=1):
            members.append(
                train_member(
                    settled(its, own),
                    own,
                    where,
                    folder / name,
                    callbacks=callbacks,
                    verbose=verbose,
                    turn=(number, len(turns)),
                )
            )
        model = members[0].model
        if len(members) > 1:
            model = _average(config, members)
        # With folds, what each member has not seen; else the same for all.
        held_out = [
            (member.model if config.ensemble.folds else model, own.valid)
            for member, (_, _, own) in zip(members, turns, strict=True)
        ]
        if not config.ensemble.folds:
            held_out = held_out[:1]
        run = Run(config, folder, model, tuple(members), Measured([], {}, ()), None)
        if not where.is_chief:
            return run
        with _nothing_is_lost(folder):
            return _finish(run, splits, held_out)


def _finish(
    run: Run, splits: Splits, held_out: Sequence[tuple[keras.Model, Examples]]
) -> Run:
    """Measures, reports, releases; the report does not wait for the release."""
    measured = measure(run.config, run.model, held_out, splits.test)
    beside = baselines(run.config, splits)
    measured = dataclasses.replace(measured, metrics=[*measured.metrics, *beside])
    with open_output(run.folder / "metrics.json") as write:
        write(json.dumps(measured.metrics, indent=2) + "\n")
    enzyme = check_enzyme(run.config, run.model, splits)
    run = dataclasses.replace(run, measured=measured, enzyme=enzyme)
    write_report(run, splits)
    compute = compute_text(run.members)
    release = publish(run.config, run.model, splits, measured, compute=compute)
    if release is not None:
        run = dataclasses.replace(run, release=release)
        write_report(run, splits)  # with its card
    if release is not None and has_bias(run.model):
        free = [(without_bias(model), examples) for model, examples in held_out]
        own = without_bias(run.model)
        released = publish(
            run.config,
            own,
            splits,
            measure(run.config, own, free, splits.test),
            name=_nobias(run.config.name),
            without="the bias of the enzyme",
        )
        run = dataclasses.replace(run, bias_free=released)
    return run


def _nobias(name: str) -> str:
    """atac_v1 -> atac_nobias_v1."""
    stem, _, version = name.rpartition("_v")
    return f"{stem}_nobias_v{version}"


@contextlib.contextmanager
def _nothing_is_lost(folder: Path) -> Iterator[None]:
    """Tells with an error behind the training what there is and how to go on."""
    try:
        yield
    except BaseException as error:  # Ctrl-C as well
        error.add_note(
            f"The training is complete and kept in {folder}, with metrics.json and "
            "report.html as far as they were made. Start the same command again when "
            "the cause is mended ([release] of the configuration may change): it "
            "trains nothing anew."
        )
        raise


def _average(config: Config, members: list[Member]) -> keras.Model:
    average, models = config.ensemble.average, [member.model for member in members]
    if average == "logits":  # of any task
        return ensemble(models)
    (task,) = tasks_of(config).values()
    return ensemble(models, average=average, activation=task.activation)


def _turns(config: Config, splits: Splits) -> list[tuple[str, Config, Splits]]:
    """Folder, configuration and data of each member, refused before any training.

    Raises:
        ConfigError: The validation data of one have no value to choose its epoch by.
        InputError: There are too few groups of relatives for the folds.
    """
    seeds, folds = config.ensemble.seeds, config.ensemble.folds
    if not folds:
        check_monitor(config, metrics(config), splits.valid)
        others = member_configs(config)
        for its in others:
            build(its, splits.train)
        named = [(f"member_{n}", its) for n, its in enumerate(others, start=1)]
        named += [(f"member_{s}", dataclasses.replace(config, seed=s)) for s in seeds]
        return [(name, its, splits) for name, its in named or [("", config)]]
    pooled = concatenate(splits.train, splits.valid)
    turns = []
    for number, own in enumerate(
        cross_validation(pooled, folds, seed=config.seed), start=1
    ):
        own = dataclasses.replace(own, valid=held_out(config, own.valid))
        check_monitor(config, metrics(config), own.valid)
        turns.append((f"fold_{number}", config, own))
    for _, _, own in turns:
        check_learnable(config, own)
    return turns


def plan(config: Config | str | Path) -> Plan:
    """Builds all that `train` would use, and trains nothing, writes nothing.

    Args:
        config: A `Config`, or the path of its TOML file.

    Returns:
        The examples, the model, sizes and the strategy.

    Raises:
        ConfigError, InputError: As in `train`.
    """
    config = read_config(config)
    require_packages(config)
    check_claim(config)
    where = strategy_of(config)
    splits = read_splits(config)
    check_release(config, splits.train)
    check_data(config, splits, claim=False)
    sized = by_size(config, splits)
    config = with_symmetry(settled(config, splits), splits.train)
    _, its, own = _turns(config, splits)[0]
    its = settled(its, own)
    keras.utils.set_random_seed(its.seed)
    with where.scope():
        model, trained = build(its, splits.train)
        batches = batches_of(its, own.train, model, training=True)
        compile_model(its, trained, batches.steps_per_epoch, where)
        trained.optimizer.build(trained.trainable_variables)
        stem = tuple(start_stem(its, model, own.train))
    model.optimizer = trained.optimizer
    sizes = estimate(
        model,
        rows=batches.order.epoch_size,
        batch_size=known(its.training.batch_size),
        sequence_length=splits.train.sequence_length,
        replicas=where.replicas,
    )
    return Plan(config, splits, model, sizes, where, stem, sized)


def strategy_of(config: Config) -> Strategy:
    """On what the configuration runs."""
    return strategy(
        config.strategy.kind,
        devices=config.strategy.devices,
        synchronized=config.training.synchronize_batch_normalization,
    )
