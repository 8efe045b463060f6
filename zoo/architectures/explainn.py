"""ExplaiNN: the sum of networks that have one filter each, and can be read alone."""

from __future__ import annotations

import math
from functools import partial

import keras
from keras import KerasTensor, initializers, layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_fixed_length
from zoo.layers import channels_last


def explainn(
    *,
    sequence_length: int = 251,
    num_outputs: int = 81,
    filters: int = 300,
    kernel_size: int = 19,
    pool_size: int = 7,
    units: int = 100,
    dropout: float = 0.3,
) -> keras.Model:
    """ExplaiNN: independent small networks of one filter each, added up linearly.

    No unit sees what another one finds, so its filter is a motif, its output says how
    well and where that motif matches, and its weight in the head is what that is worth
    to each output: what an output gets from a unit is their product, and the sum over
    the units and the bias is the logit.

    | layer         | each of 300 units, as published                       | length |
    |---------------|-------------------------------------------------------|--------|
    | stem          | conv 1 x 19, batch norm, exponential, max pool 7      | 33     |
    | tower_1       | dense 100 on its 33 positions, batch norm, ReLU       |        |
    | tower_2       | dense 1, batch norm, ReLU ("units")                   |        |
    | head_logits   | of all units: dense 81                                |        |

    1,158,981 trainable parameters, and 61,200 moving statistics.

    Args:
        sequence_length: Input length in bp; fixed, as a unit weighs each position.
        num_outputs: Number of logits, or of values: 81 immune cell types of mouse.
        filters: Units, with one filter each.
        kernel_size: Width of the filters in bp.
        pool_size: Width and stride of the max pooling.
        units: Width of the hidden dense layer inside each unit.
        dropout: Rate behind it.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) values of
        accessibility, or logits, by the loss. The layer "units" gives (batch, filters),
        0 or more.

    Raises:
        ValueError: sequence_length is None or too short.

    Source:
        Novakovsky et al. 2023, doi:10.1186/s13059-023-02985-y, and the package
        published with it; epsilon 1e-5, momentum 0.9 and the initial weights of the
        dense layers are PyTorch's. Deviation: none; its convolutions in groups are one
        of 300 filters and dense layers that keep the units apart.
    """
    check_fixed_length("explainn", sequence_length, [kernel_size], [pool_size])
    inputs = blocks.sequence_input(sequence_length)
    x = channels_last.Conv1D(filters, kernel_size, name="stem_conv")(inputs)
    x = _norm(x, "exponential", name="stem")
    x = channels_last.MaxPooling1D(pool_size, name="stem_pool")(x)
    x = _dense("bpf,fpu->bfu", (filters, units), x.shape[1], name="tower_1")(x)
    # One axis: each hidden number of each unit has its own mean and variance.
    x = layers.Reshape((filters * units,), name="tower_1_flat")(x)
    x = layers.Dropout(dropout, name="tower_1_dropout")(_norm(x, name="tower_1"))
    x = layers.Reshape((filters, units), name="tower_1_units")(x)
    x = _dense("bfu,fu->bf", (filters,), units, name="tower_2")(x)
    x = layers.Activation("linear", name="units")(_norm(x, name="tower_2"))
    return keras.Model(inputs, blocks.head(x, num_outputs), name="explainn")


def _dense(
    equation: str, shape: tuple[int, ...], fan_in: int, *, name: str
) -> layers.Layer:
    """A dense layer for each unit, which begins as PyTorch's do."""
    limit = 1 / math.sqrt(fan_in)
    uniform = partial(initializers.RandomUniform, -limit, limit)
    return layers.EinsumDense(
        equation,
        output_shape=shape,
        bias_axes=equation.rpartition("->b")[2],
        kernel_initializer=uniform(),
        bias_initializer=uniform(),
        name=name,
    )


def _norm(x: KerasTensor, activation: str = "relu", *, name: str) -> KerasTensor:
    """Batch normalization with PyTorch's constants, then an activation."""
    norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")
    return layers.Activation(activation, name=f"{name}_activation")(norm(x))
