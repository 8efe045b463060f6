"""DeepSEA: three convolutions over 1 kb, 919 chromatin features."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_fixed_length
from zoo.layers import channels_last


def deepsea(
    *,
    sequence_length: int = 1000,
    num_outputs: int = 919,
    filters: Sequence[int] = (320, 480, 960),
    kernel_size: int = 8,
    pool_size: int = 4,
    units: int = 925,
    pool_dropout: float = 0.2,
    dropout: float = 0.5,
) -> keras.Model:
    """DeepSEA: chromatin features (binding, accessibility, histone marks) of 1 kb.

    All convolutions are "valid", and each is followed by max pooling but the last.

    | layer      | published                          | length |
    |------------|------------------------------------|--------|
    | stem       | conv 320 x 8, ReLU, max pool 4     | 248    |
    | tower_1    | conv 480 x 8, ReLU, max pool 4     | 60     |
    | tower_2    | conv 960 x 8, ReLU                 | 53     |
    | hidden     | dense 925, ReLU, on 53 x 960       |        |
    | head_logits| dense 919 (sigmoid in the paper)   |        |

    52,843,119 parameters.

    Args:
        sequence_length: Input length in bp; fixed, as positions are flattened.
        num_outputs: Number of logits.
        filters: Channels of each convolution.
        kernel_size: Width of every kernel.
        pool_size: Width and stride of the max pooling behind all but the last one.
        units: Width of the hidden dense layer.
        pool_dropout: Rate behind each pooling.
        dropout: Rate behind the last convolution.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits, of
        which the paper takes the sigmoid. Train with binary cross-entropy.

    Raises:
        ValueError: sequence_length is None or too short.

    Source:
        Zhou and Troyanskaya 2015, doi:10.1038/nmeth.3547, Supplementary Note.
        Deviations: logits instead of probabilities; channels in the order ACGT (AGCT
        in the original); ReLU where the original's Torch code writes 1e-6 for
        negative values; the penalties (L2 5e-7, L1 1e-8 on the last layer's input)
        and the maximum norm 0.9 of kernels belong to training and are left out.
    """
    last = len(filters) - 1
    pool_sizes = [pool_size] * last + [1]
    check_fixed_length(
        "deepsea", sequence_length, [kernel_size] * len(filters), pool_sizes
    )
    inputs = x = blocks.sequence_input(sequence_length)
    for layer, channels in enumerate(filters):
        name = f"tower_{layer}" if layer else "stem"
        x = channels_last.Conv1D(
            channels, kernel_size, activation="relu", name=f"{name}_conv"
        )(x)
        if layer < last:
            x = channels_last.MaxPooling1D(pool_size, name=f"{name}_pool")(x)
        rate = pool_dropout if layer < last else dropout
        x = layers.Dropout(rate, name=f"{name}_dropout")(x)
    x = channels_last.Flatten(name="flatten")(x)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    return keras.Model(inputs, blocks.head(x, num_outputs), name="deepsea")
