"""A linear model of words and an equivariant network, trained as one."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from registry import declare
from zoo.architectures import blocks
from zoo.architectures.rc_dilated import rc_dilated


@declare(reverse_complement="invariant")
def wide_and_deep(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    patterns: Sequence[str] = blocks.WORDS,
    rank: int = 0,
    scale: float = 0.1,
    windows: Sequence[int] | None = None,
    l2: float = 0.0,
    standardized: bool = False,
    stem_filters: int = 192,
    stem_kernel_size: int = 15,
    filters: int = 64,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8),
    pooling: str = "max_average",
    units: int = 64,
    dropout: float = 0.3,
    activation: str = "relu",
    batch_normalization: bool = True,
    spatial_dropout: float = 0.1,
    pool_windows: Sequence[int] | None = None,
) -> keras.Model:
    """The logits of `gapped_kmer` plus those of `rc_dilated`.

    The wide half remembers words, the deep one generalizes over motifs and their
    arrangement; both are the same for both strands, so their sum is.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        patterns: Of the words, as in `gapped_kmer`.
        rank: As there.
        scale: As there: how much faster than the rest, under Adam, words are learned.
        windows: As there.
        l2: As there.
        standardized: As there.
        stem_filters: Channels of the motif scanners, even: half are learned.
        stem_kernel_size: Their width in bp, odd.
        filters: Channels of the tower, even: half are learned.
        kernel_size: Width of the tower's kernels, odd.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        pooling: As in `rc_dilated`.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate before the logits of the deep half.
        activation: Of all hidden layers.
        batch_normalization: As in `rc_dilated`.
        spatial_dropout: As there.
        pool_windows: As there.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Raises:
        ValueError: As `gapped_kmer` and `rc_dilated`.

    Source:
        Cheng et al. 2016, "Wide & deep learning for recommender systems",
        doi:10.1145/2988450.2988454. Deviation: one optimizer for both halves.
    """
    deep = rc_dilated(
        sequence_length=sequence_length,
        num_outputs=num_outputs,
        stem_filters=stem_filters,
        stem_kernel_size=stem_kernel_size,
        filters=filters,
        kernel_size=kernel_size,
        dilation_rates=dilation_rates,
        pooling=pooling,
        units=units,
        dropout=dropout,
        activation=activation,
        batch_normalization=batch_normalization,
        spatial_dropout=spatial_dropout,
        pool_windows=pool_windows,
    )
    x, y = deep.input, deep.output
    wide = blocks.words(
        x,
        num_outputs,
        patterns=patterns,
        rank=rank,
        scale=scale,
        windows=windows,
        l2=l2,
        standardized=standardized,
    )
    logits = layers.Add(dtype="float32", name="head_sum")([wide, y])
    return keras.Model(x, logits, name="wide_and_deep")
