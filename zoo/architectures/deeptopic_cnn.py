"""CREsted's DeepTopic CNN: to which topics of accessibility a region belongs."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_fixed_length
from zoo.layers import channels_last


def deeptopic_cnn(
    *,
    sequence_length: int = 500,
    num_outputs: int = 24,
    filters: Sequence[int] = (1024, 512, 512, 512, 512),
    kernel_size: Sequence[int] = (17, 11, 11, 5, 2),
    pool_size: int = 4,
    units: int = 1024,
    stem_activation: str = "gelu",
    activation: str = "relu",
    conv_dropout: float = 0.15,
    dropout: float = 0.5,
) -> keras.Model:
    """CREsted's DeepTopic CNN: the topics, or cell types, in which 500 bp are open.

    All convolutions and poolings have "same" padding.

    | layer       | published                                              | length |
    |-------------|--------------------------------------------------------|--------|
    | stem        | conv 1024 x 17, batch norm, GELU, max pool 4           | 125    |
    | tower_1     | conv 512 x 11, batch norm, ReLU, max pool 4            | 32     |
    | tower_2     | conv 512 x 11, batch norm, ReLU, max pool 4            | 8      |
    | tower_3     | conv 512 x 5, batch norm, ReLU, plus input, max pool 4 | 2      |
    | tower_4     | conv 512 x 2, batch norm, ReLU, plus input             | 2      |
    | hidden      | dense 1024, batch norm, ReLU, on 2 x 512               |        |
    | head_logits | dense 24 (sigmoid in the paper)                        |        |

    Dropout 0.15 behind each pooling, 0.5 in front of and behind the dense layer.
    11,636,760 trainable parameters, and 8,192 moving statistics.

    Args:
        sequence_length: Input length in bp; fixed, as positions are flattened.
        num_outputs: Number of logits: topics, 24 in the published DeepGlioma.
        filters: Channels of each convolution.
        kernel_size: Width of each convolution's kernels.
        pool_size: Width and stride of the max pooling behind each convolution but
            the last.
        units: Width of the hidden dense layer.
        stem_activation: Of the stem.
        activation: Of the other layers.
        conv_dropout: Rate behind each pooling.
        dropout: Rate in front of and behind the hidden dense layer.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits, of
        which the paper takes the sigmoid. Train with binary cross-entropy.

    Raises:
        ValueError: filters and kernel_size are not of one length, one of the last two
            convolutions has other channels than its input, or sequence_length is
            None.

    Source:
        Kempynck, De Winter et al. 2026, doi:10.1038/s41592-026-03057-2, and the
        package published with it. Deviations: logits; weight penalties are left to
        training.
    """
    if len(filters) != len(kernel_size) or len(set(filters[-3:])) != 1:
        raise ValueError(
            "deeptopic_cnn needs one kernel_size for each convolution, and the same "
            "filters for the last three, of which two add their input. "
            f"Received: filters={filters!r}, kernel_size={kernel_size!r}"
        )
    check_fixed_length("deeptopic_cnn", sequence_length, [], [])
    inputs = x = blocks.sequence_input(sequence_length)
    last = len(filters) - 1
    for layer, (channels, width) in enumerate(zip(filters, kernel_size, strict=True)):
        name, shortcut = f"tower_{layer}" if layer else "stem", x
        shape = stem_activation if layer == 0 else activation
        x = blocks.conv_block(
            x, channels, width, activation=shape, momentum=0.9, name=name
        )
        if layer >= last - 1:
            x = layers.Add(name=f"{name}_add")([x, shortcut])
        if layer < last:
            pool = channels_last.MaxPooling1D(
                pool_size, padding="same", name=f"{name}_pool"
            )
            x = layers.Dropout(conv_dropout, name=f"{name}_dropout")(pool(x))
    x = channels_last.Flatten(name="flatten")(x)
    x = layers.Dropout(dropout, name="flatten_dropout")(x)
    x = layers.Dense(
        units, use_bias=False, kernel_initializer="he_normal", name="hidden"
    )(x)
    x = layers.BatchNormalization(momentum=0.9, name="hidden_norm")(x)
    x = layers.Activation(activation, name="hidden_activation")(x)
    x = layers.Dropout(dropout, name="hidden_dropout")(x)
    return keras.Model(inputs, blocks.head(x, num_outputs), name="deeptopic_cnn")
