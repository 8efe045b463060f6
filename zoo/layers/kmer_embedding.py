"""Overlapping k-mers as a learned embedding."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import LayerOptions
from zoo.layers.kmers import ReadsKmers, kmer_index


@keras.saving.register_keras_serializable(package="seqzoo")
class KmerEmbedding(ReadsKmers, keras.layers.Embedding):
    """Looks up a learned vector for each overlapping k-mer.

    A sequence of N bases has N - k + 1 overlapping k-mers; each is one of 4^k
    rows of a table. A gather: the 4^k one-hot channels are never made.

    Args:
        k: Bases in a k-mer, 1 to 10.
        output_dim: Length of the learned vector.
        embeddings_initializer: As in `keras.layers.Embedding`.

    Input shape:
        (batch, length) integer codes, or (batch, length, 4) one-hot ACGT; an unknown
        base (N) is code 4 or all zeros.

    Output shape:
        (batch, length - k + 1, output_dim); a k-mer with an N, or with an integer
        that is no code (see `OneHot`), is all zeros.

    Weights:
        embeddings (4^k, output_dim), rows in base-4 order of ACGT.

    Raises:
        ValueError: k is out of range, or the input is shorter than k, or it is
            neither codes nor one-hot.

    Source:
        Ng, "dna2vec: Consistent vector representations of variable-length
        k-mers", arXiv:1701.06279. Deviation: one k, learned with the task.
        One-hot is read as hard one-hot (argmax), so no gradient reaches it.
    """

    def __init__(
        self,
        k: int,
        output_dim: int,
        *,
        embeddings_initializer: Any = "uniform",
        **options: Unpack[LayerOptions],
    ) -> None:
        if not 1 <= k <= 10:
            raise ValueError(
                "k must be 1 to 10: the table has 4^k rows, over a million at k = 10. "
                f"Received: k={k}"
            )
        super().__init__(
            4**k, output_dim, embeddings_initializer=embeddings_initializer, **options
        )
        self.k = k

    def encode(self, inputs: Any) -> Any:
        """Gathers one row per k-mer."""
        index, known = kmer_index(inputs, self.k)
        rows = ops.cast(ops.take(self.embeddings, index, axis=0), self.compute_dtype)
        return rows * ops.cast(known, rows.dtype)[..., None]
