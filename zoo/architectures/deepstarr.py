"""DeepSTARR: two enhancer activities of 249 bp of Drosophila DNA."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_fixed_length
from zoo.layers import channels_last


def deepstarr(
    *,
    sequence_length: int = 249,
    num_outputs: int = 2,
    filters: Sequence[int] = (256, 60, 60, 120),
    kernel_size: Sequence[int] = (7, 3, 5, 3),
    pool_size: int = 2,
    units: Sequence[int] = (256, 256),
    dropout: float = 0.4,
) -> keras.Model:
    """DeepSTARR: developmental and housekeeping enhancer activity (STARR-seq).

    | layer       | published                                      | length |
    |-------------|------------------------------------------------|--------|
    | stem        | conv 256 x 7, batch norm, ReLU, max pool 2     | 124    |
    | tower_1     | conv 60 x 3, batch norm, ReLU, max pool 2      | 62     |
    | tower_2     | conv 60 x 5, batch norm, ReLU, max pool 2      | 31     |
    | tower_3     | conv 120 x 3, batch norm, ReLU, max pool 2     | 15     |
    | hidden_1    | dense 256, batch norm, ReLU, on 15 x 120       |        |
    | hidden_2    | dense 256, batch norm, ReLU                    |        |
    | head_logits | dense 2, linear                                |        |

    622,722 trainable parameters, and 2,016 moving statistics.

    Args:
        sequence_length: Input length in bp; fixed, as positions are flattened.
        num_outputs: Number of activities.
        filters: Channels of each convolution, with "same" padding.
        kernel_size: Width of each convolution's kernels.
        pool_size: Width and stride of the max pooling behind each.
        units: Width of each hidden dense layer.
        dropout: Rate behind each hidden dense layer.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) activities:
        log2 enrichment over input, developmental then housekeeping in the paper. No
        activation; train with the mean squared error.

    Raises:
        ValueError: filters and kernel_size are not of one length, or
            sequence_length is None or too short.

    Source:
        de Almeida et al. 2022, doi:10.1038/s41588-022-01048-5, and the notebook
        published with it. Deviation: one head of two outputs, which is the same
        function as the original's two heads of one.
    """
    if len(filters) != len(kernel_size):
        raise ValueError(
            "deepstarr needs one kernel_size for each convolution. Received: "
            f"filters={filters!r}, kernel_size={kernel_size!r}"
        )
    convolutions = len(filters)
    check_fixed_length(
        "deepstarr", sequence_length, [1] * convolutions, [pool_size] * convolutions
    )
    inputs = x = blocks.sequence_input(sequence_length)
    for layer, (channels, width) in enumerate(zip(filters, kernel_size, strict=True)):
        name = f"tower_{layer}" if layer else "stem"
        conv = channels_last.Conv1D(
            channels, width, padding="same", name=f"{name}_conv"
        )
        x = _norm_relu(conv(x), name=name)
        x = channels_last.MaxPooling1D(pool_size, name=f"{name}_pool")(x)
    x = channels_last.Flatten(name="flatten")(x)
    for layer, width in enumerate(units, start=1):
        name = f"hidden_{layer}"
        x = _norm_relu(layers.Dense(width, name=name)(x), name=name)
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return keras.Model(inputs, blocks.head(x, num_outputs), name="deepstarr")


def _norm_relu(x: KerasTensor, *, name: str) -> KerasTensor:
    """Batch normalization with Keras's constants, then ReLU."""
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_activation")(x)
