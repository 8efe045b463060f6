"""The model of a run: built or loaded, adapted, and compiled as configured."""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING, Any

import keras

import registry
import zoo.losses
import zoo.metrics
from zoo.models.codes_input import takes_codes
from zoo.models.creation import create, origin
from zoo.models.loading import load
from zoo.models.precision import dtype_policy
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.tasks import task_of
from zoo.training.defaults import (
    Precision,
    check_precision,
    cosine_with_warmup,
    default_optimizer,
    default_precision,
)
from zoo.training.distribution.strategy import Strategy
from zoo.training.fine_tuning.adapters import add_adapters
from zoo.training.fine_tuning.penalties import towards_start
from zoo.training.fine_tuning.per_layer import layerwise_decay
from zoo.training.fine_tuning.unfreezing import set_trainable
from zoo.training.runs.checking import (
    check_member,
    check_model,
    check_names,
    check_strands,
)

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
        ConfigError: The builder refuses its arguments, or the model's output is not
            what the targets are.
        UnknownNameError: There is no such architecture or release.
    """
    with dtype_policy(default_precision(precision or config.training.precision)):
        model = _model(config, examples)
        check_model(config, model, examples)
        check_member(config, model)
        check_names(config, model)
        check_strands(config, model, examples)
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
        named = keras.Model(model.input, model.output, name=_plain_name(model))
        return model, takes_codes(named)


def _plain_name(model: keras.Model) -> str:
    made = origin(model)
    assert made is not None  # created or loaded
    return made.architecture.rpartition(":")[2]


def _model(config: Config, examples: Examples) -> keras.Model:
    """For the data's outputs and, where it takes one length only, their length."""
    arguments = config.model.arguments | {"num_outputs": len(examples.outputs)}
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

    Raises:
        ConfigError: There is no such loss or metric.
    """
    wanted = config.training.jit_compile
    where.compile(
        model,
        optimizer=optimizer(config, model, steps_per_epoch),
        loss=loss(config),
        metrics=metrics(config),
        jit_compile=wanted if wanted == "auto" else wanted == "yes",
    )


def optimizer(
    config: Config, model: keras.Model, steps_per_epoch: int
) -> keras.optimizers.Optimizer:
    """The optimizer of a run, with its schedule and the rates of its layers."""
    wanted = config.optimizer
    steps = config.training.epochs * steps_per_epoch
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


def loss(config: Config) -> keras.losses.Loss:
    """The loss that the configuration or its task names."""
    found: keras.losses.Loss = getattr(zoo.losses, task_of(config).loss)()
    return found


def metrics(config: Config) -> list[keras.metrics.Metric]:
    """New metrics that the configuration or its task names.

    Raises:
        ConfigError: There is no such metric.
    """
    names: list[str] = []
    for name in config.training.metrics:
        names += task_of(config).metrics if name == "auto" else (name,)
    known = [name for name in zoo.metrics.__all__ if name[0].isupper()]
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        raise ConfigError(
            f"training.metrics: expected auto or some of {', '.join(known)}, each "
            f"once. Received: {', '.join(unknown or names)}"
        )
    return [getattr(zoo.metrics, name)() for name in names]
