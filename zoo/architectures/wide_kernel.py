"""One convolution as wide as two motifs and the gap between them."""

from __future__ import annotations

import keras

from zoo.architectures import blocks


def wide_kernel(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    filters: int = 64,
    kernel_size: int = 101,
    pooling: str = "max",
    units: int = 32,
    dropout: float = 0.2,
    activation: str = "relu",
) -> keras.Model:
    """A single non-dilated layer whose kernels span a whole arrangement of motifs.

    Where the filters of `shallow_wide` match one motif each, a filter here holds
    both motifs and the gap between them, so that one layer reads their distance.
    For motifs of widths w1 and w2 with gap bp between their ends, choose

        kernel_size >= w1 + gap + w2

    Receptive field before pooling: kernel_size bp. The price is in the kernel:
    4 * kernel_size * filters weights and as many multiply-adds a position, so both
    grow linearly with the distance, and most of the weights lie in the gap, where
    there is nothing to learn; a dilated tower (`hierarchical_dilated`) grows with
    its logarithm. A distance that varies takes filters of its own for each value.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        filters: Number of arrangements scanned for.
        kernel_size: Their width in bp, at least gap + motifs. Multiples of 8 give
            wrong results in bfloat16 on some processors (TensorFlow 2.21, oneDNN):
            odd widths do not.
        pooling: One of `zoo.architectures.blocks.POOLINGS`; "flatten" needs a
            sequence_length.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate before the logits.
        activation: Of the stem and the hidden layer.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Source:
        Wide kernels in place of depth: Ding et al. 2022, RepLKNet,
        arXiv:2203.06717; the single layer is DeepBind's, Alipanahi et al. 2015,
        doi:10.1038/nbt.3300. Deviations: one layer, no re-parametrization by
        smaller kernels; batch normalization of the pooled matches.
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
    return keras.Model(inputs, x, name="wide_kernel")
