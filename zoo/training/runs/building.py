"""The model of a run: built or loaded, adapted, and compiled as configured."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

import keras

import registry
import zoo.losses
import zoo.metrics
from zoo.models.codes_input import takes_codes
from zoo.models.creation import create, origin
from zoo.models.interface import only, outputs_of
from zoo.models.loading import load
from zoo.models.precision import dtype_policy
from zoo.training.configuration.auto import known
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import member_configs
from zoo.training.configuration.tasks import tasks_of
from zoo.training.defaults import (
    Precision,
    check_precision,
    cosine_with_warmup,
    default_optimizer,
    default_precision,
)
from zoo.training.distribution.strategy import Strategy
from zoo.training.fine_tuning.adapters import add_adapters
from zoo.training.fine_tuning.groups import is_batch_normalization
from zoo.training.fine_tuning.penalties import towards_start
from zoo.training.fine_tuning.per_layer import layerwise_decay
from zoo.training.fine_tuning.unfreezing import set_trainable
from zoo.training.runs.bias import bias_arguments, set_bias
from zoo.training.runs.checking import (
    check_member,
    check_model,
    check_names,
)
from zoo.training.runs.described import check_outputs
from zoo.training.stopping import Mode, better

if TYPE_CHECKING:
    from zoo.data.examples import Examples


def build(
    config: Config, examples: Examples, precision: Precision | None = None
) -> tuple[keras.Model, keras.Model]:
    """The model, and the same behind an input of codes, which is the one to train.

    Call it in the strategy's scope, after the seed was set.

    Args:
        config: The run's configuration.
        examples: The data, whose shapes the model has to fit.
        precision: The layers' policy; by default that of the configuration.

    Returns:
        The model, of one-hot sequences, and `takes_codes` of it. They share weights.

    Raises:
        ConfigError: The builder refuses its arguments, or the model's inputs or
            outputs are not those of the examples.
        UnknownNameError: There is no such architecture or release.
    """
    with dtype_policy(default_precision(precision or config.training.precision)):
        model = _model(config, examples)
        check_model(config, model, examples)
        check_member(config, model)
        check_names(config, model)
        check_outputs(config, model, examples)
        if config.model.bias is not None:
            set_bias(config, model)
        tuning = config.fine_tuning
        if config.model.release is not None:
            statistics = tuning.batch_statistics
            if tuning.adapters:
                add_adapters(model, tuning.adapters, batch_statistics=statistics)
            else:
                set_trainable(model, "all", batch_statistics=statistics)
            if tuning.towards_start:
                towards_start(model, tuning.towards_start, tuning.towards_start)
        check_precision(model)
        # In what is trained its name is a part of the addresses of the weights, and one
        # that a builder leaves to Keras is another in each build.
        outputs = only(outputs_of(model))
        named = keras.Model(model.input, outputs, name=_plain_name(model))
        return model, takes_codes(named)


def with_symmetry(config: Config, examples: Examples) -> Config:
    """The configuration with what `release.symmetry = "auto"` stands for.

    What an architecture promises holds with other arguments or pairs of outputs
    perhaps not, so that it is looked at in a new model: nothing fails that did not.

    Args:
        config: The run's.
        examples: The data, whose shapes the model has to fit.
    """
    release = config.release
    if release is None or release.symmetry != "auto":
        return config
    same, none = (
        dataclasses.replace(config, release=dataclasses.replace(release, symmetry=kind))
        for kind in ("equivariant", "none")
    )
    members = member_configs(same) or [same]
    if not all(map(_promises_symmetry, members)):
        return none
    try:
        for its in members:
            keras.utils.set_random_seed(its.seed)
            build(its, examples)
    except ConfigError:
        return none
    return same


def _promises_symmetry(config: Config) -> bool:
    name = config.model.architecture
    if config.start is not None:
        name = registry.find(config.start).architecture
    assert name is not None  # checked with the configuration
    builder = registry.builder(name)
    return registry.declaration(builder).reverse_complement is not None


def _plain_name(model: keras.Model) -> str:
    made = origin(model)
    assert made is not None  # created or loaded
    return made.architecture.rpartition(":")[2]


def _model(config: Config, examples: Examples) -> keras.Model:
    """For the data's outputs and, where it takes one length only, their length.

    With [heads], num_outputs is that of the head that has the most. Where only the
    middle of the sequence has targets and the builder takes a profile_length, that is
    theirs.
    """
    heads = config.heads.values()
    counts = [len(head.names(examples.outputs)) for head in heads]
    count = max(counts, default=len(examples.outputs))
    arguments = config.model.arguments | {"num_outputs": count}
    length = {"sequence_length": examples.sequence_length} | arguments
    if config.start is not None:
        fixed = registry.find(config.start).config.get("sequence_length") is not None
        try:
            return load(config.start, **(length if fixed else arguments))
        except registry.SeqzooError:
            raise
        except (TypeError, ValueError) as error:  # of its builder
            raise ConfigError(
                f"model.release: {config.model.release!r} cannot be built for the "
                f"{examples.sequence_length} bp of the data: {error}"
            ) from error
    name = config.model.architecture
    assert name is not None  # checked with the configuration
    try:
        taken = inspect.signature(registry.builder(name)).parameters
        if "sequence_length" not in taken:
            return create(name, **arguments)
        targets, bin_size = examples.targets, config.data.keywords.get("bin_size")
        if "profile_length" in taken and targets is not None and bin_size is not None:
            covered = targets.shape[1] * bin_size
            if covered != examples.sequence_length:
                length = {"profile_length": covered} | length
                arguments = length
        if config.model.bias is not None:
            length |= bias_arguments(config, examples, length)
        if taken["sequence_length"].default is None:
            with contextlib.suppress(ValueError):  # it needs a length
                return create(name, **arguments)
        return create(name, **length)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"model.arguments: {name} refuses them: {error}") from error


def compile_model(
    config: Config, model: keras.Model, steps_per_epoch: int, where: Strategy
) -> None:
    """Compiles what `build` made, in the strategy's scope.

    Moving statistics of batch normalization follow as fast as configured.

    Raises:
        ConfigError: There is no such loss or metric.
    """
    momentum = known(config.training.normalization_momentum)
    for layer in model._flatten_layers():
        if is_batch_normalization(layer):
            layer.momentum = min(layer.momentum, momentum)
    wanted = config.training.jit_compile
    weights = {n: task.loss_weight for n, task in tasks_of(config).items() if n}
    where.compile(
        model,
        optimizer=optimizer(config, model, steps_per_epoch),
        loss=_by_head(losses(config)),
        loss_weights=weights or None,
        metrics=_by_head(metrics(config)),
        jit_compile=wanted if wanted == "auto" else wanted == "yes",
    )


def optimizer(
    config: Config, model: keras.Model, steps_per_epoch: int
) -> keras.optimizers.Optimizer:
    """The optimizer of a run, with its schedule and the rates of its layers."""
    wanted = config.optimizer
    steps = known(config.training.epochs) * steps_per_epoch
    warmup = round(wanted.warmup_epochs * steps_per_epoch)
    rate: Any = wanted.learning_rate
    if wanted.schedule == "cosine" or warmup:
        rate = cosine_with_warmup(
            rate,
            steps=steps,
            warmup_steps=min(warmup, steps // 2),
            final=0.0 if wanted.schedule == "cosine" else rate,
        )
    made = default_optimizer(
        rate,
        name=wanted.name,
        weight_decay=wanted.weight_decay,
        clip=wanted.clip_norm or None,
        ema=wanted.average_weights or None,
        **({"momentum": wanted.momentum} if wanted.name == "sgd" else {}),
    )
    if config.fine_tuning.layer_decay < 1:
        made = layerwise_decay(made, model, config.fine_tuning.layer_decay)
    return made


def losses(config: Config) -> dict[str, keras.losses.Loss]:
    """The loss of each output, as the configuration or its task names it.

    By the name of the output; of a model with one output by "".
    """
    tasks = tasks_of(config)
    return {name: getattr(zoo.losses, task.loss)() for name, task in tasks.items()}


def metrics(config: Config) -> dict[str, list[keras.metrics.Metric]]:
    """New metrics of each output; see `losses`.

    Raises:
        ConfigError: There is no such metric.
    """
    known = [name for name in zoo.metrics.__all__ if name[0].isupper()]
    found = {}
    for head, task in tasks_of(config).items():
        names = task.metrics
        unknown = [name for name in names if name not in known]
        if unknown or len(set(names)) < len(names):
            raise ConfigError(
                f"{f'heads.{head}' if head else 'training'}.metrics: expected auto or "
                f"some of {', '.join(known)}, each once. Received: "
                f"{', '.join(unknown or names)}"
            )
        found[head] = [getattr(zoo.metrics, name)() for name in names]
    return found


def direction(config: Config) -> Mode:
    """Whether what chooses the epoch is better when it is higher or lower."""
    every = [metric for own in metrics(config).values() for metric in own]
    return better(config.training.monitor, every)


def _by_head(found: dict[str, Any]) -> Any:
    """As `model.compile` takes it: of one output without its name."""
    return found.get("", found)
