"""One wide convolution: a bank of motif scanners."""

from __future__ import annotations

import keras

from zoo.architectures import blocks


def shallow_wide(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    filters: int = 256,
    kernel_size: int = 25,
    pooling: str = "max",
    units: int = 32,
    dropout: float = 0.2,
    activation: str = "relu",
) -> keras.Model:
    """A single layer of wide filters, each a position weight matrix scanner.

    The stem's filters score every window of the sequence; global max pooling
    keeps each filter's best match, and the head combines the matches.
    Receptive field before pooling: kernel_size bp.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        filters: Number of motif scanners.
        kernel_size: Their width in bp. Multiples of 8 give wrong results in bfloat16
            on some processors (TensorFlow 2.21, oneDNN): odd widths do not.
        pooling: One of `zoo.architectures.blocks.POOLINGS`; "flatten" needs a
            sequence_length.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate before the logits.
        activation: Of the stem and the hidden layer.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Source:
        DeepBind, Alipanahi et al. 2015, doi:10.1038/nbt.3300. Deviations: batch
        normalization of the pooled matches; "same" padding, so that motifs at
        the edges count; max pooling by default, where DeepBind joins max and average.
    """
    inputs = blocks.sequence_input(sequence_length)
    x = blocks.motif_scan(
        inputs,
        filters,
        kernel_size,
        pooling=pooling,
        activation=activation,
        name="stem",
    )
    x = blocks.head(x, num_outputs, units=units, dropout=dropout, activation=activation)
    return keras.Model(inputs, x, name="shallow_wide")
