"""What a run of a configuration made, and what one would do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras

import registry
from zoo.training.configuration.config import Config
from zoo.training.distribution.strategy import Strategy
from zoo.training.reports.measuring import Measured
from zoo.training.runs.estimate import Estimate
from zoo.training.runs.member import Member

if TYPE_CHECKING:
    from zoo.splits.splits import Splits


@dataclass(frozen=True)
class Run:
    """What a run made.

    Attributes:
        config: What it did.
        folder: Where its files are.
        model: The trained model, or the ensemble of the members.
        members: Of the ensemble; one without.
        measured: Metrics, targets and predictions of validation and test; empty on
            workers other than the chief.
        release: The released folder, if the configuration has a [release]; the
            chief's.
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
