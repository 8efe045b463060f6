"""CREsted's dilated CNN: accessibility of a region in each cell type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import keras
from keras import layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_cut


def dilated_cnn(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 19,
    filters: int = 512,
    stem_kernel_size: int = 5,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256),
    stem_activation: str = "gelu",
    activation: str = "relu",
    dropout: float = 0.1,
) -> keras.Model:
    """CREsted's dilated CNN: how accessible a region is in each cell type.

    The tower of BPNet with normalization and "valid" convolutions, so that what is
    averaged in the end has seen no padding but that of the stem.

    | layer           | published                                             | length |
    |-----------------|-------------------------------------------------------|--------|
    | stem            | conv 512 x 5, batch norm, GELU, dropout 0.1           | 2114   |
    | tower_1, ..., 8 | conv 512 x 3, dilation 2, 4, ..., 256, batch norm,    | 1094   |
    |                 | ReLU, plus the center of its input, dropout 0.1       |        |
    | head_logits     | mean over the length, dense 19 (then softplus)        |        |

    6,320,659 trainable parameters, and 9,216 moving statistics, with the 19 cell types
    of mouse cortex (the published DeepBICCN).

    Args:
        sequence_length: Input length in bp; None for any length above what the tower
            cuts off, 1020 bp with these arguments. The paper's regions have 2114 bp.
        num_outputs: Cell types.
        filters: Channels throughout.
        stem_kernel_size: Width of the first layer's kernels in bp.
        kernel_size: Width of the tower's kernels.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        stem_activation: Of the stem.
        activation: Of the tower.
        dropout: Rate behind the stem and behind each tower layer.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) values, whose
        softplus is the accessibility: in the paper the mean or the cut sites of the
        1000 bp in the middle.

    Raises:
        ValueError: dilation_rates does not begin with 1, a layer would cut off an odd
            number of bases, or sequence_length is too short.

    Source:
        Kempynck, De Winter et al. 2026, doi:10.1038/s41592-026-03057-2, and the
        package published with it. Deviations: no activation of the outputs; weight
        penalties are left to training.
    """
    blocks.check_base_resolution(dilation_rates)
    reach = [(kernel_size - 1) * rate for rate in dilation_rates[1:]]
    check_cut("dilated_cnn", sequence_length, reach)
    inputs = blocks.sequence_input(sequence_length)
    block = partial(blocks.conv_block, momentum=0.9, kernel_initializer="he_normal")
    x = block(
        inputs, filters, stem_kernel_size, activation=stem_activation, name="stem"
    )
    x = layers.Dropout(dropout, name="stem_dropout")(x)
    for layer, rate in enumerate(dilation_rates[1:], start=1):
        name = f"tower_{layer}"
        y = block(
            x,
            filters,
            kernel_size,
            dilation_rate=rate,
            padding="valid",
            activation=activation,
            name=name,
        )
        x = layers.Cropping1D(reach[layer - 1] // 2, name=f"{name}_crop")(x)
        x = layers.Add(name=f"{name}_add")([y, x])
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    x = blocks.pool(x, "average")
    return keras.Model(inputs, blocks.head(x, num_outputs), name="dilated_cnn")
