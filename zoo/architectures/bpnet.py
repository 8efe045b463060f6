"""BPNet: base-resolution binding profiles and total counts."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from zoo import blocks, heads


def bpnet(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 8,
    filters: int = 64,
    stem_kernel_size: int = 25,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    profile_kernel_size: int = 25,
) -> keras.Model:
    """BPNet: where the reads of each strand lie, and how many they are.

    The length is never changed, so the profile has one value a base; a unit in front
    of the heads sees 1034 bp to either side.

    | layer           | published                                                |
    |-----------------|----------------------------------------------------------|
    | stem            | conv 64 x 25, ReLU                                       |
    | tower_1, ..., 9 | conv 64 x 3, dilation 2, 4, ..., 512, ReLU, plus input   |
    | head_profile    | transposed conv, 2 strands x 25, for each factor         |
    | head_counts     | mean over the length, dense, 2 strands for each factor   |

    130,960 parameters for the four factors of the paper.

    Args:
        sequence_length: Input length in bp; None for any length. The paper's
            sequences have 1000 bp.
        num_outputs: Tracks: factors x strands, 4 x 2 in the paper, the two strands of
            a factor side by side.
        filters: Channels throughout.
        stem_kernel_size: Width of the first layer's kernels in bp.
        kernel_size: Width of the tower's kernels.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        profile_kernel_size: Width of the profile head's kernels in bp, odd: 25 for
            ChIP-nexus.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> a dictionary of "profile",
        (batch, sequence_length, num_outputs) logits whose softmax over the length is
        the share of a track's reads at each base, and "counts",
        (batch, num_outputs) values of ln(1 + reads). Train with the multinomial
        negative log-likelihood and the mean squared error, the latter weighted 10 in
        the paper.

    Raises:
        ValueError: dilation_rates does not begin with 1, or profile_kernel_size is
            even.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6, Supplementary Methods
        (the architecture without bias correction). Deviations: no control tracks;
        the heads of all factors are one layer each, which is the same function; the
        transposed convolution of stride 1 is written as the convolution that it is,
        whose kernels are the original's in reverse.
    """
    blocks.check_base_resolution(dilation_rates)
    if profile_kernel_size % 2 == 0:
        raise ValueError(
            "bpnet needs an odd profile_kernel_size: an even one would shift the "
            f"profile by half a base. Received: {profile_kernel_size=}"
        )
    inputs = blocks.sequence_input(sequence_length)
    x = layers.Conv1D(
        filters, stem_kernel_size, padding="same", activation="relu", name="stem_conv"
    )(inputs)
    for layer, rate in enumerate(dilation_rates[1:], start=1):
        name, shortcut = f"tower_{layer}", x
        x = layers.Conv1D(
            filters,
            kernel_size,
            dilation_rate=rate,
            padding="same",
            activation="relu",
            name=f"{name}_conv",
        )(x)
        x = blocks.residual(x, shortcut, name=name)
    outputs = {
        "profile": heads.profile_head(x, num_outputs, kernel_size=profile_kernel_size),
        "counts": heads.counts_head(x, num_outputs),
    }
    return keras.Model(inputs, outputs, name="bpnet")
