"""SpliceAI's network: at which bases of a transcript splicing happens."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_cut
from zoo.layers import channels_last


def splice_dilated(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 3,
    filters: int = 32,
    kernel_size: Sequence[int] = (11, 11, 21, 41),
    dilation_rates: Sequence[int] = (1, 4, 10, 25),
    depth: int = 4,
    cropping: int | None = None,
) -> keras.Model:
    """SpliceAI's dilated residual network: acceptor, donor or neither, for each base.

    | layer         | published                                                    |
    |---------------|--------------------------------------------------------------|
    | stem          | conv 32 x 1; also summed up, through conv 32 x 1             |
    | tower_1_1..4  | residual units, 11 wide, dilation 1                          |
    | tower_2_1..4  | residual units, 11 wide, dilation 4                          |
    | tower_3_1..4  | residual units, 21 wide, dilation 10                         |
    | tower_4_1..4  | residual units, 41 wide, dilation 25                         |
    | tower_i_skip  | behind each four: conv 32 x 1, added to the sum              |
    | crop          | 5000 bp off each end of the sum                              |
    | head_logits   | dense 3 for each base (softmax in the paper)                 |

    A residual unit: batch norm, ReLU, conv, batch norm, ReLU, conv, plus input. A base
    sees 5000 bp to either side. 696,739 trainable parameters, and 2,048 moving
    statistics.

    Args:
        sequence_length: Input length in bp; None for any length above twice the
            cropping. The paper predicts 5000 bases from 15,000.
        num_outputs: Logits for each base; in the paper neither, acceptor, donor.
        filters: Channels throughout.
        kernel_size: Width of the kernels of each group of residual units.
        dilation_rates: Of each group; 1 for the first. The paper's networks that see
            less are the first groups alone, e.g. `kernel_size=[11]`,
            `dilation_rates=[1]` for 40 bp to either side.
        depth: Residual units in a group.
        cropping: bp cut off each end; None for all whose context is incomplete, 5000
            with these arguments. 0 for a prediction for each base, in which zeros
            stand for what lies beyond the ends, as for N.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT, the strand of the transcript ->
        (batch, sequence_length - 2 * cropping, num_outputs) logits, of which the paper
        takes the softmax over the last axis. Train with cross-entropy.

    Raises:
        ValueError: dilation_rates does not begin with 1, or is not as long as
            kernel_size; or sequence_length is too short.

    Source:
        Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015, and the weights
        published with it. Deviation: logits.
    """
    blocks.check_base_resolution(dilation_rates)
    if len(kernel_size) != len(dilation_rates):
        raise ValueError(
            "splice_dilated needs one kernel_size for each of the dilation_rates. "
            f"Received: kernel_size={kernel_size!r}, dilation_rates={dilation_rates!r}"
        )
    groups = list(zip(kernel_size, dilation_rates, strict=True))
    if cropping is None:
        cropping = depth * sum((width - 1) * rate for width, rate in groups)
    check_cut("splice_dilated", sequence_length, [2 * cropping])
    inputs = blocks.sequence_input(sequence_length)
    x = channels_last.Conv1D(filters, 1, name="stem_conv")(inputs)
    total = channels_last.Conv1D(filters, 1, name="stem_skip")(x)
    for group, (width, rate) in enumerate(groups, start=1):
        name = f"tower_{group}"
        for unit in range(1, depth + 1):
            x = _residual_unit(x, width, rate, name=f"{name}_{unit}")
        skip = channels_last.Conv1D(filters, 1, name=f"{name}_skip")(x)
        total = layers.Add(name=f"{name}_sum")([total, skip])
    total = layers.Cropping1D(cropping, name="crop")(total)
    return keras.Model(inputs, blocks.head(total, num_outputs), name="splice_dilated")


def _residual_unit(x: KerasTensor, width: int, rate: int, *, name: str) -> KerasTensor:
    """Twice normalization, ReLU and convolution, added to what came in."""
    y = x
    for each in (1, 2):
        y = layers.BatchNormalization(name=f"{name}_norm_{each}")(y)
        y = layers.ReLU(name=f"{name}_activation_{each}")(y)
        y = channels_last.Conv1D(
            x.shape[-1],
            width,
            dilation_rate=rate,
            padding="same",
            name=f"{name}_conv_{each}",
        )(y)
    return blocks.residual(y, x, name=name)
