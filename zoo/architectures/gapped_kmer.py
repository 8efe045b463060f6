"""Gapped words of both strands, each with a weight: a linear model."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from registry import declare
from zoo.architectures import blocks


@declare(reverse_complement="invariant")
def gapped_kmer(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    patterns: Sequence[str] = blocks.WORDS,
    rank: int = 0,
    scale: float = 0.1,
    windows: Sequence[int] | None = None,
    l2: float = 0.0,
    standardized: bool = False,
) -> keras.Model:
    """One weight for each word, with gaps or without, summed over both strands.

    A logit is the sum of the weights of all words in the sequence, wherever they are:
    a linear model, whose weights start at zero, so that a word that was not seen in
    training counts for nothing. What it cannot see is how words depend on each other.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        patterns: Of the words, see `zoo.layers.GappedKmerEmbedding`: all 5-mers, all
            6-mers and twelve patterns of seven letters within 9 to 14 bp.
        rank: Length of a word's vector, which a dense layer reads; 0 for a weight of
            its own for each output: with 200,000 words, each output costs as many.
        scale: What the sum is multiplied by; Adam then moves it as if its learning
            rate were multiplied so.
        windows: Lengths in bp of windows at the center of the sequence; a word has a
            weight for each of them, and the weights of those that it lies in add up.
            None for one weight, wherever it is.
        l2: Strength of the L2 penalty of the weights, which few examples need.
        standardized: Whether the numbers of words are, for the sequence_length or each
            of the windows: see `zoo.layers.GappedKmerEmbedding`. A penalty then means
            the same for frequent and for rare words.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Raises:
        ValueError: One of the patterns is none, or the sequence_length is not known,
            shorter than one of the windows, or odd where it is even; or it is not
            known and words are to be standardized.

    Source:
        Ghandi et al. 2014, doi:10.1371/journal.pcbi.1003711 (gkm-SVM). Deviations: a
        few patterns instead of all, and logistic regression by gradients instead of a
        kernel machine.
    """
    inputs = blocks.sequence_input(sequence_length)
    x = blocks.words(
        inputs,
        num_outputs,
        patterns=patterns,
        rank=rank,
        scale=scale,
        windows=windows,
        l2=l2,
        standardized=standardized,
        use_bias=True,
    )
    return keras.Model(inputs, x, name="gapped_kmer")
