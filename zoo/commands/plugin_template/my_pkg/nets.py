"""The architectures of this package: one function each."""

from __future__ import annotations

import keras

from zoo.architectures import blocks


def my_pkg_net(
    *, sequence_length: int | None = None, num_outputs: int = 1, filters: int = 32
) -> keras.Model:
    """One scan of the sequence, then the best match of each filter.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        filters: Number of motif scanners.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.
    """
    inputs = blocks.sequence_input(sequence_length)
    x = blocks.conv_block(inputs, filters, 15, name="stem")
    x = blocks.head(blocks.pool(x, "max"), num_outputs)
    return keras.Model(inputs, x, name="my_pkg_net")
