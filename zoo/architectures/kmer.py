"""Overlapping k-mers as tokens, then convolution."""

from __future__ import annotations

import keras

from zoo.architectures import blocks
from zoo.errors import check_choice
from zoo.layers import KmerEmbedding, KmerOneHot


def kmer(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    k: int = 5,
    encoding: str = "embedding",
    output_dim: int = 32,
    filters: int = 128,
    kernel_size: int = 10,
    pooling: str = "max",
    units: int = 64,
    dropout: float = 0.3,
    activation: str = "relu",
) -> keras.Model:
    """N bases become N - k + 1 overlapping k-mer tokens, read by a convolution.

    A token carries its k bases' interactions, so a linear filter on tokens sees
    what a filter on bases cannot. Receptive field before pooling:
    kernel_size + k - 1 bp.

    Args:
        sequence_length: Input length in bp; None for any length of k or more.
        num_outputs: Number of logits.
        k: Bases in a token.
        encoding: "embedding", a learned vector of output_dim for each k-mer,
            or "one_hot" over 4^k channels.
        output_dim: Length of the learned vector; unused by "one_hot".
        filters: Channels of the convolution.
        kernel_size: Its width in tokens.
        pooling: One of `zoo.architectures.blocks.POOLINGS`; "flatten" needs a
            sequence_length.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate after pooling and before the logits.
        activation: Of all hidden layers.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Raises:
        ValueError: Another encoding, or k out of the encoding's range.

    Source:
        k-mer one-hot: HOCNN, Zhang, Zhu and Huang 2019,
        doi:10.1109/TCBB.2018.2819660. k-mer embedding: dna2vec,
        arXiv:1701.06279. Deviation: the embedding is learned with the task.
    """
    check_choice("encoding", encoding, ("embedding", "one_hot"))
    inputs = blocks.sequence_input(sequence_length)
    if encoding == "embedding":
        x = KmerEmbedding(k, output_dim, name="embedding")(inputs)
    else:
        x = KmerOneHot(k, name="one_hot")(inputs)
    x = blocks.motif_scan(
        x, filters, kernel_size, pooling=pooling, activation=activation, name="stem"
    )
    x = keras.layers.Dropout(dropout, name="pool_dropout")(x)
    x = blocks.head(x, num_outputs, units=units, dropout=dropout, activation=activation)
    return keras.Model(inputs, x, name="kmer")
