"""ChromBPNet: accessibility profiles and counts, and the bias of the enzyme."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks, heads, lengths
from zoo.layers import LogSumExpPooling, channels_last


def chrombpnet(
    *,
    sequence_length: int | None = 2114,
    num_outputs: int = 1,
    filters: int = 512,
    stem_kernel_size: int = 21,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256),
    profile_kernel_size: int = 75,
    profile_length: int | None = None,
    bias_filters: int = 128,
    bias_dilation_rates: Sequence[int] = (1, 2, 4, 8, 16),
) -> keras.Model:
    """ChromBPNet: where an enzyme cuts open chromatin, and how often.

    Two networks read the sequence: a small one that has learned how the enzyme cuts
    where nothing binds, and that training leaves as it is, and one that learns the
    rest. Their sum is what is observed.

        profile = profile_rest + profile_bias                  logits
        counts = ln(exp(counts_rest) + exp(counts_bias))       ln(1 + cuts)

    | layer                | published                                             |
    |----------------------|-------------------------------------------------------|
    | stem                 | conv 512 x 21, ReLU                                   |
    | tower_1, ..., 8      | conv 512 x 3, dilation 2, 4, ..., 256, ReLU, plus     |
    |                      | input                                                 |
    | head_profile         | conv 75                                               |
    | head_counts          | mean over the length, dense                           |
    | bias_stem, bias_...  | the same with 128 filters and 4 layers of the tower   |

    6,377,986 parameters, and 217,730 of the bias, whose layers are not trainable: they
    take the weights of a `bpnet` that was trained before on regions where nothing
    binds. The other layers have the names that `bpnet` gives them.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Tracks; the paper has one, for both strands.
        filters: Channels of the network that learns.
        stem_kernel_size: Width of the first layer's kernels in bp, odd, as all.
        kernel_size: Width of the towers' kernels.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        profile_kernel_size: Width of the profile heads' kernels in bp.
        profile_length: Length of the profile in bp, the middle of the sequence; None
            for all that the convolutions leave, 1000 of 2114.
        bias_filters: Channels of the bias.
        bias_dilation_rates: Of the bias, likewise.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> a dictionary of "profile", (batch,
        profile_length, num_outputs) logits whose softmax over the length is the share
        of the cuts at each base, and "counts", (batch, num_outputs) values of
        ln(1 + cuts). Losses as those of `bpnet`.

    Raises:
        ValueError: dilation rates do not begin with 1, a kernel size is even, or no
            such profile lies in the middle of such a sequence.

    Source:
        Pampari et al. 2024, doi:10.1101/2024.12.25.630221; the layers of its software,
        chrombpnet 1.0.1. Deviations: the bias has the kernel sizes of the other
        network, which are the same in the software.
    """
    networks = {
        "": (filters, dilation_rates),
        "bias_": (bias_filters, bias_dilation_rates),
    }
    lost = {
        prefix: lengths.lost_ends(
            stem_kernel_size, kernel_size, rates, profile_kernel_size
        )
        for prefix, (_, rates) in networks.items()
    }
    most = max(lost.values())
    beyond = lengths.beyond_profile(sequence_length, profile_length, most)
    inputs = blocks.sequence_input(sequence_length)
    profiles, counts = [], []
    for prefix, (width, rates) in networks.items():
        blocks.check_base_resolution(rates)
        x = channels_last.Conv1D(
            width, stem_kernel_size, activation="relu", name=f"{prefix}stem_conv"
        )(inputs)
        x = blocks.dilated_tower(
            x, kernel_size, rates[1:], padding="valid", name=f"{prefix}tower"
        )
        profile = heads.profile_head(
            x,
            num_outputs,
            kernel_size=profile_kernel_size,
            padding="valid",
            cropping=beyond - lost[prefix],
            name=f"{prefix}head_profile",
        )
        profiles.append(profile)
        counts.append(heads.counts_head(x, num_outputs, name=f"{prefix}head_counts"))
    add = layers.Add(dtype="float32", name="head_profile_sum")
    outputs = {"profile": add(profiles), "counts": _log_sum(counts, num_outputs)}
    model = keras.Model(inputs, outputs, name="chrombpnet")
    for layer in model.layers:
        layer.trainable = not layer.name.startswith("bias_")
    return model


def _log_sum(counts: list[KerasTensor], num_outputs: int) -> KerasTensor:
    """The logarithm of the sum of what these are logarithms of."""
    rest, bias = (
        layers.Reshape((1, num_outputs), dtype="float32", name=f"head_counts_{name}")(x)
        for name, x in zip(("rest", "bias"), counts, strict=True)
    )
    both = layers.Concatenate(axis=1, dtype="float32", name="head_counts_both")
    return LogSumExpPooling(dtype="float32", name="head_counts_sum")(both([rest, bias]))
