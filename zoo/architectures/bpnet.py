"""BPNet: base-resolution binding profiles and total counts."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from zoo.architectures import blocks, heads
from zoo.layers import channels_last


def bpnet(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 8,
    filters: int = 64,
    stem_kernel_size: int = 25,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    profile_kernel_size: int = 25,
    num_control_tracks: int = 0,
    control_pool_size: int = 50,
) -> keras.Model:
    """BPNet: where the reads of each strand lie, and how many they are.

    The length is never changed, so the profile has one value per base; a unit in front
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
        num_control_tracks: Tracks of reads of a control experiment, 0 for none; the
            paper has 2, one per strand.
        control_pool_size: bp of the window in which the control is averaged for the
            profile, which also takes it as it is; zeros beyond the ends.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT, and with control tracks a dictionary
        of it as "sequence" and of "control", (batch, sequence_length,
        num_control_tracks) reads, -> a dictionary of "profile", (batch,
        sequence_length, num_outputs) logits whose softmax over the length is the
        share of a track's reads at each base, and "counts", (batch, num_outputs)
        values of ln(1 + reads). Train with
        `zoo.losses.MultinomialNegativeLogLikelihood` and the mean squared error, the
        latter weighted 10 in the paper.

    Raises:
        ValueError: dilation_rates does not begin with 1, or profile_kernel_size is
            even.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6; by default the architecture
        of its Supplementary Methods, without bias correction. Deviations: the heads of
        all factors are one layer each, which is the same function; the transposed
        convolution of stride 1 is written as the convolution that it is, whose
        kernels are the original's in reverse; each output has its own weights of each
        control track, where the original adds the smoothed strands of the control and
        shares the weights between the strands of a factor.
    """
    blocks.check_base_resolution(dilation_rates)
    inputs = blocks.sequence_input(sequence_length)
    x = channels_last.Conv1D(
        filters, stem_kernel_size, padding="same", activation="relu", name="stem_conv"
    )(inputs)
    for layer, rate in enumerate(dilation_rates[1:], start=1):
        name, shortcut = f"tower_{layer}", x
        x = channels_last.Conv1D(
            filters,
            kernel_size,
            dilation_rate=rate,
            padding="same",
            activation="relu",
            name=f"{name}_conv",
        )(x)
        x = blocks.residual(x, shortcut, name=name)
    control = windows = None
    if num_control_tracks:
        control = layers.Input((sequence_length, num_control_tracks), name="control")
        inputs = {"sequence": inputs, "control": control}
        around = ((control_pool_size - 1) // 2, control_pool_size // 2)
        smooth = channels_last.ZeroPadding1D(around, name="control_padding")(control)
        smooth = channels_last.AveragePooling1D(
            control_pool_size, strides=1, name="control_mean"
        )(smooth)
        windows = layers.Concatenate(name="control_windows")([control, smooth])
    outputs = {
        "profile": heads.profile_head(
            x, num_outputs, kernel_size=profile_kernel_size, control=windows
        ),
        "counts": heads.counts_head(x, num_outputs, control=control),
    }
    return keras.Model(inputs, outputs, name="bpnet")
