"""Basenji2: signals along 131,072 bp in bins of 128 bp, by dilation alone."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks
from zoo.layers import channels_last


def basenji2(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 5313,
    filters: Sequence[int] = (288, 339, 399, 470, 554, 652, 768),
    stem_kernel_size: int = 15,
    kernel_size: int = 5,
    dilated_filters: int = 384,
    dilation_rates: Sequence[int] = (1, 2, 3, 4, 6, 9, 14, 21, 32, 48, 72),
    cropping: int = 8192,
    units: int = 1536,
    dropout: float = 0.3,
    head_dropout: float = 0.05,
) -> keras.Model:
    """Basenji2: thousands of signals along the sequence, in bins of 128 bp.

    | layer           | published                                             | length |
    |-----------------|-------------------------------------------------------|--------|
    | stem            | conv 288 x 15, batch norm, max pool 2                 | 65,536 |
    | tower_1, ..., 6 | GELU, conv 339, 399, 470, 554, 652, 768 x 5,          | 1024   |
    |                 | batch norm, max pool 2                                |        |
    | tower_7, .., 17 | GELU, conv 384 x 3, dilation 1, 2, 3, 4, 6, ..., 72,  | 1024   |
    |                 | batch norm; GELU, conv 768 x 1, batch norm, dropout   |        |
    |                 | 0.3, plus input                                       |        |
    | crop            | 64 bins off each end                                  | 896    |
    | hidden          | GELU, conv 1536 x 1, batch norm, dropout 0.05, GELU   | 896    |
    | head_logits     | dense 5313 for each bin (softplus in the paper)       | 896    |

    30,088,228 trainable parameters, and 35,356 moving statistics, with the 5313 human
    tracks; the 1643 of mouse are `num_outputs=1643`.

    Args:
        sequence_length: Input length in bp, a multiple of the bin size; None for any
            such length. The paper's sequences have 131,072 bp.
        num_outputs: Tracks.
        filters: Channels of the stem and of each tower layer; each halves the length,
            so the bins have 2 ** len(filters) bp.
        stem_kernel_size: Width of the stem's kernels in bp.
        kernel_size: Width of the tower's kernels.
        dilated_filters: Channels inside the dilated layers.
        dilation_rates: Of the dilated layers, in bins.
        cropping: bp cut off each end, whose context is incomplete; a multiple of the
            bin size.
        units: Channels of the pointwise convolution.
        dropout: Rate in the dilated layers.
        head_dropout: Rate behind the pointwise convolution.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, bins, num_outputs) values,
        bins = (sequence_length - 2 * cropping) / bin size, whose softplus is the mean
        or the sum of a track in a bin. Train with a Poisson loss of it.

    Raises:
        ValueError: sequence_length or cropping is not a multiple of the bin size, or
            nothing is left between the ends.

    Source:
        Kelley 2020, doi:10.1371/journal.pcbi.1008050, and the parameters and code
        published with it, whose GELU is x sigmoid(1.702 x). Deviations: no activation
        of the outputs; the stem reads the bases as they are, where the original takes
        their GELU, which is the same function with its kernel times 0.8458; one head,
        where the original trains one for each species on a shared trunk.
    """
    bin_size = 2 ** len(filters)
    _check_bins(sequence_length, cropping, bin_size)
    inputs = x = blocks.sequence_input(sequence_length)
    for layer, channels in enumerate(filters):
        name = f"tower_{layer}" if layer else "stem"
        x = _gelu(x, name=name) if layer else x
        x = _conv(x, channels, kernel_size if layer else stem_kernel_size, name=name)
        x = channels_last.MaxPooling1D(2, padding="same", name=f"{name}_pool")(x)
    for layer, rate in enumerate(dilation_rates, start=len(filters)):
        name, shortcut = f"tower_{layer}", x
        x = _gelu(x, name=name)
        x = _conv(x, dilated_filters, 3, dilation_rate=rate, name=name)
        x = _gelu(x, name=f"{name}_back")
        x = _conv(x, filters[-1], 1, gamma="zeros", name=f"{name}_back")
        x = blocks.residual(x, shortcut, dropout=dropout, name=name)
    x = layers.Cropping1D(cropping // bin_size, name="crop")(x)
    x = _conv(_gelu(x, name="hidden"), units, 1, name="hidden")
    x = layers.Dropout(head_dropout, name="hidden_dropout")(x)
    x = _gelu(x, name="hidden_out")
    return keras.Model(inputs, blocks.head(x, num_outputs), name="basenji2")


def _conv(
    x: KerasTensor,
    filters: int,
    kernel_size: int,
    *,
    name: str,
    dilation_rate: int = 1,
    gamma: str = "ones",
) -> KerasTensor:
    """Convolution without bias, and batch normalization, which begins with gamma."""
    x = channels_last.Conv1D(
        filters,
        kernel_size,
        dilation_rate=dilation_rate,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(
        momentum=0.9, gamma_initializer=gamma, name=f"{name}_norm"
    )(x)


def _gelu(x: KerasTensor, *, name: str) -> KerasTensor:
    """X sigmoid(1.702 x), as the SiLU, y sigmoid(y), of y = 1.702 x, over 1.702."""
    x = layers.Rescaling(1.702, name=f"{name}_scale")(x)
    x = layers.Activation("silu", name=f"{name}_activation")(x)
    return layers.Rescaling(1 / 1.702, name=f"{name}_unscale")(x)


def _check_bins(sequence_length: int | None, cropping: int, bin_size: int) -> None:
    """Refuses lengths that bins do not fill."""
    kept = bin_size if sequence_length is None else sequence_length - 2 * cropping
    if cropping % bin_size or kept % bin_size or kept <= 0:
        raise ValueError(
            f"basenji2 with these filters predicts bins of {bin_size} bp, so it needs "
            "a sequence_length and a cropping that are multiples of it, and something "
            "left in between. Received: "
            f"sequence_length={sequence_length}, cropping={cropping}"
        )
