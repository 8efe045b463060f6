"""Keys of a configuration that say "auto": chosen by the number of examples."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from zoo.data.rows import BACKGROUND
from zoo.training.configuration.config import Config
from zoo.training.runs.loss_weights import with_loss_weights

if TYPE_CHECKING:
    from zoo.splits.splits import Splits


class Size(NamedTuple):
    """What suits up to so many training examples; docs/train.md has the effects.

    Attributes:
        examples: So many.
        batch_size: Sequences a step.
        steps: That are made by as many epochs as it takes, but at least `EPOCHS`.
        normalization_momentum: Of moving statistics, at most.
    """

    examples: float
    batch_size: int
    steps: int
    normalization_momentum: float


EPOCHS = 20
SIZES = (Size(3_000, 32, 300, 0.9), Size(math.inf, 128, 0, 1.0))


def settled(config: Config, splits: Splits) -> Config:
    """The configuration with a value in place of each "auto" that the data decide.

    Args:
        config: Of the run.
        splits: Its data.

    Raises:
        ConfigError: As `with_loss_weights`.
    """
    config = with_loss_weights(config, splits.train)
    keys = {k.partition(".")[2]: v for k, v in by_size(config, splits).items()}
    training = dataclasses.replace(config.training, **keys)
    return dataclasses.replace(config, training=training)


def by_size(config: Config, splits: Splits) -> dict[str, Any]:
    """The values of the keys that say "auto", by their place, such as training.epochs.

    Args:
        config: Of the run.
        splits: Its data.
    """
    said, rows = config.training, _rows(config, splits)
    size = next(each for each in SIZES if rows <= each.examples)
    batch = size.batch_size if said.batch_size == "auto" else said.batch_size
    epochs = math.ceil(size.steps / math.ceil(rows / batch))
    found = {
        "batch_size": batch,
        "epochs": max(EPOCHS, epochs),
        "normalization_momentum": size.normalization_momentum,
    }
    return {f"training.{k}": v for k, v in found.items() if getattr(said, k) == "auto"}


def _rows(config: Config, splits: Splits) -> int:
    """How many training examples an epoch has: of a background, those it draws."""
    train, background = splits.train, config.data.background
    if background is None or background.only or BACKGROUND not in train.columns:
        return len(train)
    return round((1 + background.ratio) * int((~train.columns[BACKGROUND]).sum()))
