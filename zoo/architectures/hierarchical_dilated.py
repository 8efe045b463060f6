"""A base-resolution stem, then a tower of growing dilation."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from zoo.architectures import blocks
from zoo.layers import channels_last


def hierarchical_dilated(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    filters: int = 64,
    stem_kernel_size: int = 15,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    bin_size: int | None = None,
    cropping: int = 0,
    pooling: str = "average",
    units: int = 0,
    dropout: float = 0.1,
    activation: str = "relu",
) -> keras.Model:
    """Motifs first (d = 1), then their arrangement at growing distance (d > 1).

    Receptive field: stem_kernel_size + (kernel_size - 1) * sum(dilation_rates[1:])
    bp. The output is one pooled prediction, or a profile in bins.

    Args:
        sequence_length: Input length in bp. None for any length, where the
            output is pooled; a profile needs it.
        num_outputs: Number of logits, or of profile tracks.
        filters: Channels throughout.
        stem_kernel_size: Width of the first layer's kernels in bp.
        kernel_size: Width of the tower's kernels.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        bin_size: None for a pooled prediction; else the bp of a profile bin.
        cropping: bp cut off each end before binning, whose context is
            incomplete. Only for profiles.
        pooling: One of `zoo.architectures.blocks.POOLINGS`, for a pooled prediction.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate in the residual branches and before the logits.
        activation: Of all hidden layers.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits,
        or (batch, bins, num_outputs), bins = (sequence_length - 2 * cropping)
        / bin_size.

    Raises:
        ValueError: dilation_rates does not begin with 1, or the bins do not fill
            the cropped length.

    Source:
        Dilated residual tower: Basenji, Kelley et al. 2018,
        doi:10.1101/gr.227819.117, and BPNet, Avsec et al. 2021,
        doi:10.1038/s41588-021-00782-6. The tower is BPNet's: convolution, ReLU,
        sum. Deviations: batch normalization of the stem; dropout.
    """
    blocks.check_base_resolution(dilation_rates)
    inputs = blocks.sequence_input(sequence_length)
    x = blocks.conv_block(
        inputs, filters, stem_kernel_size, activation=activation, name="stem"
    )
    x = blocks.dilated_tower(
        x,
        kernel_size,
        dilation_rates[1:],
        activation=activation,
        dropout=dropout,
    )
    if bin_size is None:
        x = blocks.pool(x, pooling)
    else:
        _check_bins(sequence_length, bin_size, cropping)
        x = layers.Cropping1D(cropping, name="crop")(x)
        x = channels_last.AveragePooling1D(bin_size, name="bins")(x)
    x = blocks.head(x, num_outputs, units=units, dropout=dropout, activation=activation)
    return keras.Model(inputs, x, name="hierarchical_dilated")


def _check_bins(sequence_length: int | None, bin_size: int, cropping: int) -> None:
    """Refuses a profile whose bins would not be centered on the sequence."""
    kept = None if sequence_length is None else sequence_length - 2 * cropping
    if kept is None or kept <= 0 or kept % bin_size:
        raise ValueError(
            "A profile needs a sequence_length with sequence_length - 2 * cropping a "
            "positive multiple of bin_size, so that bins fill it and lie centered. "
            f"Received: sequence_length={sequence_length}, cropping={cropping}, "
            f"bin_size={bin_size}"
        )
