"""Hierarchical dilation, reverse-complement equivariant throughout."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from zoo import blocks
from zoo.layers import RCBatchNormalization, RCConv1D, StrandPooling


def rc_dilated(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    filters: int = 64,
    stem_kernel_size: int = 15,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8, 16),
    pooling: str = "max",
    units: int = 64,
    dropout: float = 0.1,
    activation: str = "relu",
) -> keras.Model:
    """The same prediction for both strands, by construction.

    Every map is strand-paired (see `zoo.layers.strands`), so the reverse
    complement of the input reverses it along both axes; pooling over the length
    and then over the partners makes the prediction invariant, at any length.
    Receptive field: stem_kernel_size + (kernel_size - 1) * sum(dilation_rates[1:])
    bp.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        filters: Channels of every map, even: half of them are learned.
        stem_kernel_size: Width of the first layer's kernels in bp, odd.
        kernel_size: Width of the tower's kernels, odd.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        pooling: "max" or "average" over the length; partners are averaged.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate before the logits.
        activation: Of all hidden layers.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Raises:
        ValueError: dilation_rates does not begin with 1, filters is odd, or a
            kernel size is even.

    Source:
        Shrikumar et al. 2017, doi:10.1101/103663; equivariance to the pooled
        layer as in Zhou et al. 2022, PMLR 165; tower of BPNet, see
        `hierarchical_dilated`. Deviation: no dropout inside the tower, as a mask
        drawn for one partner only would break the symmetry in training.
    """
    blocks.check_base_resolution(dilation_rates)
    if pooling not in ("max", "average"):
        raise ValueError(
            'pooling must be "max" or "average": positions kept by another would not '
            f"be reverse-complement invariant. Received: pooling={pooling!r}"
        )
    inputs = blocks.sequence_input(sequence_length)
    x = RCConv1D(
        filters, stem_kernel_size, padding="same", use_bias=False, name="stem_conv"
    )(inputs)
    x = RCBatchNormalization(name="stem_norm")(x)
    x = layers.Activation(activation, name="stem_activation")(x)
    for layer, rate in enumerate(dilation_rates[1:], start=1):
        name = f"tower_{layer}"
        shortcut = x
        x = RCConv1D(
            filters,
            kernel_size,
            dilation_rate=rate,
            padding="same",
            name=f"{name}_conv",
        )(x)
        x = layers.Activation(activation, name=f"{name}_activation")(x)
        x = blocks.residual(x, shortcut, name=name)
    x = blocks.pool(x, pooling)
    x = StrandPooling("average", name="strand_pool")(x)
    x = blocks.head(x, num_outputs, units=units, dropout=dropout, activation=activation)
    return keras.Model(inputs, x, name="rc_dilated")
