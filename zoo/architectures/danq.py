"""DanQ: a convolution finds motifs in 1 kb, a bidirectional LSTM reads their order."""

from __future__ import annotations

import keras
from keras import layers

from zoo.architectures import blocks
from zoo.architectures.lengths import check_fixed_length
from zoo.layers import channels_last


def danq(
    *,
    sequence_length: int = 1000,
    num_outputs: int = 919,
    filters: int = 320,
    kernel_size: int = 26,
    pool_size: int = 13,
    recurrent_units: int = 320,
    units: int = 925,
    pool_dropout: float = 0.2,
    dropout: float = 0.5,
) -> keras.Model:
    """DanQ: DeepSEA's 919 chromatin features by convolution and recurrence.

    | layer       | published                                   | length |
    |-------------|---------------------------------------------|--------|
    | stem        | "valid" conv 320 x 26, ReLU, max pool 13    | 75     |
    | tower_lstm  | LSTM 320 in both directions, concatenated   | 75     |
    | hidden      | dense 925, ReLU, on 75 x 640                |        |
    | head_logits | dense 919 (sigmoid in the paper)            |        |

    46,926,479 parameters. The paper's second model, DanQ-JASPAR, is filters=1024,
    kernel_size=30, pool_size=15, recurrent_units=512: 67,892,175 parameters (half of
    its filters start from JASPAR's motifs).

    Args:
        sequence_length: Input length in bp; fixed, as positions are flattened.
        num_outputs: Number of logits.
        filters: Channels of the convolution.
        kernel_size: Width of its kernels in bp.
        pool_size: Width and stride of the max pooling, which sets how many steps
            the LSTM takes.
        recurrent_units: Width of the LSTM, for each direction.
        units: Width of the hidden dense layer.
        pool_dropout: Rate behind the pooling.
        dropout: Rate behind the LSTM.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits, of
        which the paper takes the sigmoid. Train with binary cross-entropy.

    Raises:
        ValueError: sequence_length is None or too short.

    Source:
        Quang and Xie 2016, doi:10.1093/nar/gkw226. Deviations: logits instead of
        probabilities; the LSTM's gates are sigmoids, where the Keras 0.2 of the
        original took a piecewise linear "hard" one by default.
    """
    check_fixed_length("danq", sequence_length, [kernel_size], [pool_size])
    inputs = x = blocks.sequence_input(sequence_length)
    conv = channels_last.Conv1D(
        filters, kernel_size, activation="relu", name="stem_conv"
    )
    x = channels_last.MaxPooling1D(pool_size, name="stem_pool")(conv(x))
    x = layers.Dropout(pool_dropout, name="stem_dropout")(x)
    lstm = layers.LSTM(recurrent_units, return_sequences=True, name="lstm")
    x = layers.Bidirectional(lstm, name="tower_lstm")(x)
    x = layers.Dropout(dropout, name="tower_dropout")(x)
    x = channels_last.Flatten(name="flatten")(x)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    return keras.Model(inputs, blocks.head(x, num_outputs), name="danq")
