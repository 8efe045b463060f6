"""What a run of a configuration made, and what one would do and need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

import registry
from zoo.inspection.summaries import summary
from zoo.training.configuration.config import Config
from zoo.training.distribution.strategy import Strategy
from zoo.training.reports.enzyme import EnzymeCheck
from zoo.training.reports.measuring import Measured

if TYPE_CHECKING:
    from zoo.interpretation.motifs import MotifFilter
    from zoo.splits.splits import Splits

_FLOAT = 4


@dataclass(frozen=True)
class Member:
    """One trained model of a run.

    Attributes:
        seed: The member's.
        model: One-hot sequences -> logits, with the weights of the best epoch; it
            computes in float32.
        history: Logs of each epoch by name, as in Keras's History.
        best: Value of the monitored quantity in the best epoch.
        seconds: How long its epochs took, validation included; 0 if unknown.
    """

    seed: int
    model: keras.Model
    history: dict[str, list[float]]
    best: float
    seconds: float = 0.0


@dataclass(frozen=True)
class Run:
    """What a run made.

    Attributes:
        config: What it did.
        folder: Where its files are.
        model: The trained model, or the ensemble of the members.
        members: The ensemble's; without one, a single member.
        measured: Metrics, targets and predictions of validation and test; empty on
            workers other than the chief.
        release: The released folder, if the configuration has a [release]; the
            chief's.
        enzyme: Of a `chrombpnet`, whether it is rid of the enzyme's bias.
        bias_free: That without the bias, with "nobias" in front of the version.
    """

    config: Config
    folder: Path
    model: keras.Model
    members: tuple[Member, ...]
    measured: Measured
    release: registry.Release | None
    enzyme: EnzymeCheck | None = None
    bias_free: registry.Release | None = None


@dataclass(frozen=True)
class Estimate:
    """Sizes of a run; bytes are of one device, without the backend's own.

    Attributes:
        steps_per_epoch: Batches.
        parameters: How many weights the model has.
        trainable_parameters: Those that training changes.
        multiply_adds: In a forward pass, per sequence.
        state_bytes: Weights, their gradients and what the optimizer keeps.
        activation_bytes: Outputs of all layers for one batch, in the precision they
            are computed in, which the backward pass needs again. Backends keep less
            where a layer works in place, and more for a moment in a convolution.
    """

    steps_per_epoch: int
    parameters: int
    trainable_parameters: int
    multiply_adds: int
    state_bytes: int
    activation_bytes: int

    @property
    def bytes(self) -> int:
        """State and activations together."""
        return self.state_bytes + self.activation_bytes


@dataclass(frozen=True)
class Plan:
    """What a run would do.

    Attributes:
        config: What it does.
        splits: The examples.
        model: Built and compiled, not trained.
        estimate: Sizes.
        strategy: On what it runs.
        stem: The filters that begin as motifs.
        sized: What the size of the data has settled, by its place in the configuration.
    """

    config: Config
    splits: Splits
    model: keras.Model
    estimate: Estimate
    strategy: Strategy
    stem: tuple[MotifFilter, ...] = ()
    sized: Mapping[str, Any] = field(default_factory=dict)


def estimate(
    model: keras.Model,
    *,
    rows: int,
    batch_size: int,
    sequence_length: int,
    replicas: int = 1,
) -> Estimate:
    """Sizes of training a compiled model.

    Args:
        model: Compiled; takes one-hot sequences.
        rows: Training examples.
        batch_size: Sequences per step, over all devices.
        sequence_length: bp.
        replicas: Devices.
    """
    found = summary(model, sequence_length)
    units = sum(
        math.prod(size or 1 for size in layer.output_shape[1:])
        for layer in found.layers
    )
    width = 2 if "16" in model.dtype_policy.compute_dtype else _FLOAT
    # Without counts and rates.
    kept = sum(math.prod(v.shape) for v in model.optimizer.variables if len(v.shape))
    return Estimate(
        steps_per_epoch=math.ceil(rows / batch_size),
        parameters=found.parameters,
        trainable_parameters=found.trainable_parameters,
        multiply_adds=found.multiply_adds,
        state_bytes=_FLOAT * (found.parameters + found.trainable_parameters + kept),
        activation_bytes=width * units * math.ceil(batch_size / replicas),
    )
