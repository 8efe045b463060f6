"""Narrow kernels, stacked: motifs are composed of parts."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from zoo.architectures import blocks


def deep_narrow(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    filters: Sequence[int] = (64, 64, 96),
    kernel_size: int = 5,
    depth: int = 2,
    downsampling: str = "max_pooling",
    pooling: str = "average",
    units: int = 64,
    dropout: float = 0.2,
    activation: str = "relu",
) -> keras.Model:
    """Stages of `depth` narrow convolutions; each stage ends by halving the length.

    Four stacked kernels of width 5 see 17 bp with four non-linearities, where one
    kernel of that width has one. Within a stage, each convolution after the first
    is residual.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        filters: Channels of each stage; its length is the number of stages.
        kernel_size: Width of every kernel.
        depth: Convolutions in a stage. At least four in all.
        downsampling: One of `zoo.architectures.blocks.DOWNSAMPLINGS`.
        pooling: One of `zoo.architectures.blocks.POOLINGS`; "flatten" needs a
            sequence_length.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate in the residual branches and before the logits.
        activation: Of all hidden layers.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Raises:
        ValueError: Fewer than four convolutions in all.

    Source:
        Narrow stacked kernels: VGG, arXiv:1409.1556; residual: ResNet,
        arXiv:1512.03385. On DNA: Zeng et al. 2016, doi:10.1093/bioinformatics/btw255
        compares depth and width. Deviation: one dimension, few channels.
    """
    if depth * len(filters) < 4:
        raise ValueError(
            "deep_narrow stacks at least four convolutions (17 bp at kernel_size=5). "
            f"Received: depth={depth}, filters={filters!r}"
        )
    inputs = x = blocks.sequence_input(sequence_length)
    for stage, channels in enumerate(filters, start=1):
        for layer in range(1, depth + 1):
            name = f"tower_{stage}_{layer}"
            shortcut = x
            x = blocks.conv_block(
                x, channels, kernel_size, activation=activation, name=name
            )
            if layer > 1:
                x = blocks.residual(x, shortcut, dropout=dropout, name=name)
        x = blocks.downsample(x, downsampling, name=f"tower_{stage}_downsample")
    x = blocks.pool(x, pooling)
    x = blocks.head(x, num_outputs, units=units, dropout=dropout, activation=activation)
    return keras.Model(inputs, x, name="deep_narrow")
