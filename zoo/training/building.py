"""The model of a run: built or loaded, adapted, and compiled as configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoo import losses, metrics
from zoo.creation import create
from zoo.loading import load
from zoo.training.config import Config, ConfigError
from zoo.training.tasks import TASKS

if TYPE_CHECKING:
    import keras


def build(config: Config, outputs: tuple[str, ...]) -> keras.Model:
    """The model with one output for each name, weights seeded by Keras's own seed.

    Args:
        config: Of the run.
        outputs: Names of the data's outputs.

    Raises:
        ConfigError: The builder refuses its arguments.
        UnknownNameError: There is no such architecture or release.
    """
    if config.model.release is None:
        assert config.model.architecture is not None  # checked with the configuration
        arguments = config.model.arguments | {"num_outputs": len(outputs)}
        try:
            return create(config.model.architecture, **arguments)
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"model.arguments: {config.model.architecture} refuses them: {error}"
            ) from error
    return load(config.model.release, num_outputs=len(outputs))


def loss(config: Config) -> keras.losses.Loss:
    """The loss that the configuration or its task names."""
    name = config.training.loss
    return _member(
        losses, TASKS[config.data.task].loss if name == "auto" else name, "loss"
    )


def metric_list(config: Config) -> list[keras.metrics.Metric]:
    """New metrics that the configuration or its task names."""
    names: list[str] = []
    for name in config.training.metrics:
        names += TASKS[config.data.task].metrics if name == "auto" else (name,)
    return [_member(metrics, name, "metrics") for name in names]


def _member(module: Any, name: str, key: str) -> Any:
    known = [n for n in module.__all__ if n[0].isupper()]
    if name not in known:
        raise ConfigError(
            f"training.{key}: expected auto or one of {', '.join(known)}. Received: "
            f"{name!r}"
        )
    try:
        return getattr(module, name)()
    except TypeError as error:
        raise ConfigError(
            f"training.{key}: {name} needs arguments, which a configuration cannot "
            f"give ({error}). Use zoo.training.fit from Python."
        ) from None
