"""Basset: three convolutions over 600 bp, accessibility in 164 cell types."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_fixed_length
from zoo.layers import channels_last


def basset(
    *,
    sequence_length: int = 600,
    num_outputs: int = 164,
    filters: Sequence[int] = (300, 200, 200),
    kernel_size: Sequence[int] = (19, 11, 7),
    pool_size: Sequence[int] = (3, 4, 4),
    units: Sequence[int] = (1000, 1000),
    dropout: float = 0.3,
) -> keras.Model:
    """Basset: in which cell types 600 bp are accessible (DNase I hypersensitive).

    All convolutions are "valid"; normalization stands in front of each ReLU.

    | layer       | published                                       | length |
    |-------------|-------------------------------------------------|--------|
    | stem        | conv 300 x 19, batch norm, ReLU, max pool 3     | 194    |
    | tower_1     | conv 200 x 11, batch norm, ReLU, max pool 4     | 46     |
    | tower_2     | conv 200 x 7, batch norm, ReLU, max pool 4      | 10     |
    | hidden_1    | dense 1000, batch norm, ReLU, on 10 x 200       |        |
    | hidden_2    | dense 1000, batch norm, ReLU                    |        |
    | head_logits | dense 164 (sigmoid in the paper)                |        |

    4,135,064 trainable parameters, and 5,400 moving statistics.

    Args:
        sequence_length: Input length in bp; fixed, as positions are flattened.
        num_outputs: Number of logits.
        filters: Channels of each convolution.
        kernel_size: Width of each convolution's kernels.
        pool_size: Width and stride of the max pooling behind each.
        units: Width of each hidden dense layer.
        dropout: Rate behind each hidden dense layer.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits, of
        which the paper takes the sigmoid. Train with binary cross-entropy.

    Raises:
        ValueError: filters, kernel_size and pool_size are not of one length, or
            sequence_length is None or too short.

    Source:
        Kelley, Snoek and Rinn 2016, doi:10.1101/gr.200535.115; the biases in front of
        normalizations, its epsilon 1e-5 and momentum 0.9 are those of the original's
        Torch code. Deviations: logits instead of probabilities; the maximum norm of
        weight vectors belongs to training and is left out.
    """
    if not len(filters) == len(kernel_size) == len(pool_size):
        raise ValueError(
            "basset needs one kernel_size and one pool_size for each convolution. "
            f"Received: filters={filters!r}, kernel_size={kernel_size!r}, "
            f"pool_size={pool_size!r}"
        )
    check_fixed_length("basset", sequence_length, kernel_size, pool_size)
    inputs = x = blocks.sequence_input(sequence_length)
    for layer, channels in enumerate(filters):
        name = f"tower_{layer}" if layer else "stem"
        conv = channels_last.Conv1D(channels, kernel_size[layer], name=f"{name}_conv")
        x = _norm_relu(conv(x), name=name)
        x = channels_last.MaxPooling1D(pool_size[layer], name=f"{name}_pool")(x)
    x = channels_last.Flatten(name="flatten")(x)
    for layer, width in enumerate(units, start=1):
        name = f"hidden_{layer}"
        x = _norm_relu(layers.Dense(width, name=name)(x), name=name)
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return keras.Model(inputs, blocks.head(x, num_outputs), name="basset")


def _norm_relu(x: KerasTensor, *, name: str) -> KerasTensor:
    """Batch normalization with Torch's constants, then ReLU."""
    norm = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")
    return layers.ReLU(name=f"{name}_activation")(norm(x))
