"""A learned embedding of k-mers that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from zoo.layers import pairings
from zoo.layers.configured import LayerOptions
from zoo.layers.kmers import ReadsKmers, kmer_index
from zoo.layers.strands import Strands, checked_output


@keras.saving.register_keras_serializable(package="seqzoo")
class RCKmerEmbedding(ReadsKmers):
    """Looks up a learned vector for each overlapping k-mer, tied to its partner's.

    The vector E of a k-mer w and that of its reverse complement are permutations of
    each other, with p the pairing of the output (see `zoo.layers.pairings`):

        E[RC(w)][p[d]] = E[w][d]

    One row is learned for the two, of which w is the first in the alphabet. A
    palindromic k-mer (even k, e.g. ACGT) is its own partner: its vector is the mean of
    the learned row and of the row permuted. A gather: the 4^k one-hot channels are
    never made, nor is the table of all k-mers. With k=1 it is an embedding of
    nucleotides with A tied to T and C to G.

    Args:
        k: Bases in a k-mer, 1 to 10.
        output_dim: Length of the vector.
        pairing: The partner of each of its elements; None for the reversal, which
            needs an even output_dim.
        embeddings_initializer: As in `keras.layers.Embedding`.

    Input shape:
        (batch, length) integer codes, or (batch, length, 4) one-hot ACGT; an unknown
        base (N) is code 4 or all zeros.

    Output shape:
        (batch, length - k + 1, output_dim), with that pairing; a k-mer with an N is
        all zeros.

    Weights:
        embeddings (4^k / 2, output_dim) for odd k and ((4^k + 4^(k / 2)) / 2,
        output_dim) for even k, in the order of the first k-mer of each two.

    Raises:
        ValueError: k is out of range, output_dim does not fit the pairing, or the
            input is shorter than k or neither codes nor one-hot.

    Source:
        Mallet and Vert, "Reverse-complement equivariant networks for DNA sequences",
        NeurIPS 2021 (equivariant k-mer embeddings). Deviation: a learned table
        instead of linear maps of one-hot k-mers, which gives the same functions.
    """

    def __init__(
        self,
        k: int,
        output_dim: int,
        *,
        pairing: Sequence[int] | None = None,
        embeddings_initializer: Any = "uniform",
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        partners = np.array(pairings.kmers(k), "int32")
        self.pairing = checked_output(self, output_dim, pairing, argument="output_dim")
        self.k = k
        self.output_dim = output_dim
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        numbers = np.arange(4**k, dtype="int32")
        _, self._row = np.unique(np.minimum(numbers, partners), return_inverse=True)
        # The share of the row as it was learned; the rest is that of its permutation.
        self._share = (1 + np.sign(partners - numbers)) / 2

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the table, a row for each k-mer and its partner."""
        self._strands = Strands(self.pairing or pairings.reversal(self.output_dim))
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(int(self._row.max()) + 1, self.output_dim),
            initializer=self.embeddings_initializer,
        )

    def encode(self, inputs: Any) -> Any:
        """Gathers one row per k-mer and permutes it where it is the partner's."""
        index, known = kmer_index(inputs, self.k)
        row = ops.take(self._row.astype("int32"), index, axis=0)
        vectors = ops.take(self.embeddings, row, axis=0)
        share = ops.take(self._share.astype("float32"), index, axis=0)
        known, share = (ops.cast(x, vectors.dtype) for x in (known, share))
        return (
            vectors * (known * share)[..., None]
            + self._strands.swap(vectors) * (known * (1 - share))[..., None]
        )

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """None: a look-up."""
        return 0
