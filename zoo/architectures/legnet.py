"""LegNet: EfficientNetV2's blocks on short promoters, expression as soft classes."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks
from zoo.layers import channels_last


def legnet(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 18,
    num_covariates: int = 0,
    filters: Sequence[int] = (256, 128, 128, 64, 64, 64, 64),
    kernel_size: int = 7,
    expand_ratio: int = 4,
    se_ratio: float = 0.25,
) -> keras.Model:
    """LegNet: promoter activity in yeast, as 18 classes of expression.

    This is the optimized LegNet of the paper (its Supplementary Table S1), not the
    submission to DREAM 2022, which has another squeeze and excitation.

    | layer        | published                                                     |
    |--------------|---------------------------------------------------------------|
    | stem         | conv 256 x 7, batch norm, SiLU                                |
    | tower_1..6   | inverted residual, see below, concatenated with its input;    |
    |              | conv filters[i] x 7, batch norm, SiLU                         |
    | head_logits  | mean over the length, dense 18 (softmax in the paper)         |

    An inverted residual of c channels: conv 4c x 1, batch norm, SiLU; depthwise conv
    4c x 7, batch norm, SiLU; squeeze and excitation through c / 4; conv c x 1, batch
    norm, SiLU. A unit in front of the head sees 79 bp, and all of them through the
    squeeze. 2,129,602 trainable parameters with num_covariates=2, the published
    network, and 2,126,018 with the default of 0.

    Args:
        sequence_length: Input length in bp; None for any length, unless there are
            covariates. The paper pads its promoters to 150 bp.
        num_outputs: Number of classes; or of activities, for a regression.
        num_covariates: Numbers that describe an example, given to every position as
            channels behind the four bases. The paper has two: whether the sequence is
            reverse-complemented, and whether its expression is a whole number, as it
            is if only one cell was seen.
        filters: Channels of the stem and of each tower block.
        kernel_size: Width of the kernels, odd.
        expand_ratio: Channels inside a block, as a multiple of those of its input.
        se_ratio: Channels of the squeeze, as a part of those of the block's input.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT, and for num_covariates > 0 a
        dictionary of it as "sequence" and of "covariates" (batch, num_covariates),
        -> (batch, num_outputs) logits. The paper's expression is the mean of the
        classes 0 to 17, weighted with the softmax. Train with cross-entropy on the
        class probabilities of a normal distribution around the measured expression.

    Raises:
        ValueError: Covariates without a sequence_length.

    Source:
        Penzar et al. 2023, doi:10.1093/bioinformatics/btad457; epsilon 1e-5 and
        momentum 0.9 of the normalizations are PyTorch's. Deviations: no covariates by
        default; N is zeros, not 0.25; the 1 x 1 convolution of the head stands behind
        the mean, which is the same function.
    """
    inputs = x = blocks.sequence_input(sequence_length)
    if num_covariates:
        if sequence_length is None:
            raise ValueError(
                "legnet repeats covariates along the sequence, so it needs a fixed "
                f"sequence_length. Received: {num_covariates=}, sequence_length=None"
            )
        covariates = layers.Input((num_covariates,), name="covariates")
        each = layers.RepeatVector(sequence_length, name="covariates_repeat")
        x = layers.Concatenate(name="inputs")([x, each(covariates)])
        inputs = {"sequence": inputs, "covariates": covariates}
    x = _conv(x, filters[0], kernel_size, name="stem")
    for layer, channels in enumerate(filters[1:], start=1):
        name, width = f"tower_{layer}", x.shape[-1]
        y = _conv(x, expand_ratio * width, 1, name=f"{name}_expand")
        y = channels_last.DepthwiseConv1D(
            kernel_size, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
        )(y)
        y = _norm_silu(y, name=f"{name}_depthwise")
        y = _squeeze_excite(y, int(se_ratio * width), name=f"{name}_squeeze")
        y = _conv(y, width, 1, name=f"{name}_project")
        x = layers.Concatenate(name=f"{name}_concatenate")([y, x])
        x = _conv(x, channels, kernel_size, name=name)
    x = blocks.pool(x, "average")
    return keras.Model(inputs, blocks.head(x, num_outputs), name="legnet")


def _conv(x: KerasTensor, filters: int, kernel_size: int, *, name: str) -> KerasTensor:
    """Convolution without bias -> batch normalization -> SiLU."""
    conv = channels_last.Conv1D(
        filters, kernel_size, padding="same", use_bias=False, name=f"{name}_conv"
    )
    return _norm_silu(conv(x), name=name)


def _norm_silu(x: KerasTensor, *, name: str) -> KerasTensor:
    """Batch normalization with PyTorch's constants, then SiLU."""
    norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")
    return layers.Activation("silu", name=f"{name}_activation")(norm(x))


def _squeeze_excite(x: KerasTensor, units: int, *, name: str) -> KerasTensor:
    """Scales each channel by a number in (0, 1) that depends on all channels' means."""
    y = channels_last.GlobalAveragePooling1D(keepdims=True, name=f"{name}_pool")(x)
    y = layers.Dense(units, activation="silu", name=f"{name}_reduce")(y)
    y = layers.Dense(x.shape[-1], activation="sigmoid", name=f"{name}_excite")(y)
    return layers.Multiply(name=f"{name}_scale")([x, y])
