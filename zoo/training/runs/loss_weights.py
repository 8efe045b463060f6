"""Weights of losses that are taken from the training data: loss_weight = "auto"."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.rows import BACKGROUND
from zoo.losses.counts_loss_weight import counts_loss_weight
from zoo.training.configuration.config import Config, ConfigError

if TYPE_CHECKING:
    from zoo.data.examples import Examples

# ChromBPNet's: a tenth of the median count, at least 1.
_ALPHA, _LEAST = 0.2, 1.0


def with_loss_weights(config: Config, train: Examples) -> Config:
    """The configuration with a number in place of each "auto".

    Args:
        config: Of the run.
        train: Its training examples. Of regions with and without peaks, those with
            peaks are counted.

    Raises:
        ConfigError: The examples have no counts to take it from.
    """
    heads = dict(config.heads)
    for name, head in heads.items():
        if head.loss_weight != "auto":
            continue
        assert train.targets is not None  # read_splits refuses examples without
        targets = train.targets
        background = train.columns.get(BACKGROUND)
        if background is not None and not background.all():
            targets = targets[~background]
        # The profile's loss is the mean over the outputs, as it is without joining.
        totals = np.expm1(head.of(targets, train.outputs), dtype=np.float64)
        totals /= head.joined_outputs
        if np.isnan(totals).all():
            raise ConfigError(
                f"heads.{name}.loss_weight: expected totals of reads that are known. "
                "Received bases without a value in every region, of which "
                'data.missing = "zero" makes 0.'
            )
        try:
            weight = counts_loss_weight(totals, alpha=_ALPHA, statistic="median")
        except ValueError as error:
            raise ConfigError(f"heads.{name}.loss_weight: {error}") from None
        weight = max(_LEAST, float(f"{weight:.6g}"))
        heads[name] = dataclasses.replace(head, loss_weight=weight)
    return dataclasses.replace(config, heads=heads)
