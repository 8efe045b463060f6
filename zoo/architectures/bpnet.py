"""BPNet: base-resolution binding profiles and total counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks, heads, lengths
from zoo.errors import check_choice
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
    profile_length: int | None = None,
    padding: str = "same",
    pre_activation: bool = False,
    num_counts: int | None = None,
    num_control_tracks: int = 0,
    control_pool_size: int = 50,
    control_kernel_size: int = 1,
    control_pseudocount: float = 1.0,
) -> keras.Model:
    """BPNet: where the reads of each strand lie, and how many they are.

    The profile has one value per base; a unit in front of the heads sees 1034 bp to
    either side. By default the length is not changed; with `padding="valid"` or a
    `profile_length` the profile is the middle of the sequence.

    | layer           | published                                                |
    |-----------------|----------------------------------------------------------|
    | stem            | conv 64 x 25, ReLU                                       |
    | tower_1, ..., 9 | conv 64 x 3, dilation 2, 4, ..., 512, ReLU, plus input   |
    | head_profile    | transposed conv, 2 strands x 25, for each factor         |
    | head_counts     | mean over the length, dense, 2 strands for each factor   |

    130,960 parameters for the four factors of the paper. What others call BPNet:

    | | stem | tower | profile head | other arguments |
    |---|---|---|---|---|
    | bpnet 2.0 | 21 | 2, 4, ..., 256 | 75 | padding="valid", pre_activation=True |
    | ChromBPNet without bias | 21 | 2, 4, ..., 256 | 75 | padding="valid" |
    | bpnet-lite | 21 | 2, 4, ..., 256 | 75 | profile_length |

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
        profile_length: Length of the profile in bp, the middle of the sequence; None
            for all that the convolutions leave. The counts are then of the features
            that the profile reads.
        padding: "same", or "valid" without zeros beyond the ends of the sequence: a
            profile of 1000 bp takes 2114 in bpnet 2.0 and in ChromBPNet, whose counts
            are of all features.
        pre_activation: Whether ReLU comes in front of the tower's convolutions, and
            behind their sum, as in bpnet 2.0.
        num_counts: None for the counts of each track; else of how many groups of
            tracks in a row the counts are: those of a factor for both strands in bpnet
            2.0, or 1 for all in bpnet-lite. The controls are then summed, too.
        num_control_tracks: Tracks of reads of a control experiment, 0 for none; the
            paper has 2, one per strand.
        control_pool_size: bp of the window in which the control is averaged for the
            profile, which also takes it as it is; zeros beyond the ends. 1 for as it
            is alone, as others have it.
        control_kernel_size: Width of the kernels of the control's profile, odd: 75 in
            bpnet-lite.
        control_pseudocount: Added to the control's total in front of its logarithm;
            bpnet 2.0 adds 1 for each of the tracks that it sums.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT, and with control tracks a dictionary
        of it as "sequence" and of "control", (batch, sequence_length,
        num_control_tracks) reads, -> a dictionary of "profile", (batch,
        profile_length, num_outputs) logits whose softmax over the length is the
        share of a track's reads at each base, and "counts", (batch, num_outputs or
        num_counts) values of ln(1 + reads). Train with
        `zoo.losses.MultinomialNegativeLogLikelihood` and the mean squared error, the
        latter weighted 10 in the paper.

    Raises:
        ValueError: dilation_rates does not begin with 1, a kernel size is even that
            must be odd, num_counts does not divide num_outputs, or no such profile
            lies in the middle of such a sequence.

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
    _check_counts(num_outputs, num_counts)
    check_choice("padding", padding, ("same", "valid"))
    sizes = (stem_kernel_size, kernel_size, dilation_rates, profile_kernel_size)
    lost = lengths.lost_ends(*sizes) if padding == "valid" else 0
    beyond = lengths.beyond_profile(sequence_length, profile_length, lost)
    cropping = beyond - lost
    inputs = blocks.sequence_input(sequence_length)
    x = channels_last.Conv1D(
        filters,
        stem_kernel_size,
        padding=padding,
        activation=None if pre_activation else "relu",
        name="stem_conv",
    )(inputs)
    x = blocks.dilated_tower(
        x,
        kernel_size,
        dilation_rates[1:],
        padding=padding,
        pre_activation=pre_activation,
    )
    if padding == "same":  # what the profile does not read is not counted
        unread = max(0, cropping - profile_kernel_size // 2)
        x, cropping = heads.crop(x, unread, name="crop"), cropping - unread
    profile: dict[str, Any] = {"padding": padding, "cropping": cropping}
    counts: dict[str, Any] = {"joined_control": num_counts is not None}
    counts["control_pseudocount"] = control_pseudocount
    if num_control_tracks:
        control = layers.Input((sequence_length, num_control_tracks), name="control")
        inputs = {"sequence": inputs, "control": control}
        windows, unread = control, max(0, beyond - control_kernel_size // 2)
        if control_pool_size > 1:
            windows = _windows(control, control_pool_size)
        profile["control"] = heads.crop(windows, unread, name="control_windows_crop")
        profile["control_kernel_size"] = control_kernel_size
        profile["control_cropping"] = beyond - unread
        counts["control"] = heads.crop(control, unread, name="control_crop")
    size, totals = profile_kernel_size, num_counts or num_outputs
    outputs = {
        "profile": heads.profile_head(x, num_outputs, kernel_size=size, **profile),
        "counts": heads.counts_head(x, totals, **counts),
    }
    return keras.Model(inputs, outputs, name="bpnet")


def _check_counts(num_outputs: int, num_counts: int | None) -> None:
    """Refuses totals of groups of tracks that are not of the same size."""
    if num_counts is not None and (num_counts < 1 or num_outputs % num_counts):
        raise ValueError(
            "num_counts must be None or divide num_outputs. Received: "
            f"num_counts={num_counts}, num_outputs={num_outputs}"
        )


def _windows(control: KerasTensor, pool_size: int) -> KerasTensor:
    """Control tracks as they are, and beside them their means in windows."""
    around = ((pool_size - 1) // 2, pool_size // 2)
    smooth = channels_last.ZeroPadding1D(around, name="control_padding")(control)
    smooth = channels_last.AveragePooling1D(pool_size, strides=1, name="control_mean")(
        smooth
    )
    return layers.Concatenate(name="control_windows")([control, smooth])
