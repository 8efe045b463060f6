"""What a run will need, before it starts: steps, parameters, memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.inspection.summaries import summary

if TYPE_CHECKING:
    import keras

_FLOAT = 4


@dataclass(frozen=True)
class Estimate:
    """Sizes of a run; bytes are of one device, without the backend's own.

    Attributes:
        steps_per_epoch: Batches.
        parameters: Of the model.
        trainable_parameters: Those that training changes.
        multiply_adds: Of a forward pass of one sequence.
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
        batch_size: Of all devices together.
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
