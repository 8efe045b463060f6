"""Overlapping k-mers as one-hot over 4^k channels."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import LayerOptions
from zoo.layers.kmers import ReadsKmers, kmer_index


@keras.saving.register_keras_serializable(package="seqzoo")
class KmerOneHot(ReadsKmers):
    """One channel for each of the 4^k k-mers.

    Args:
        k: Bases in a k-mer, 1 to 6. Beyond that use `KmerEmbedding`, which
            costs a gather instead of 4^k channels per position.

    Input shape:
        (batch, length) integer codes, or (batch, length, 4) one-hot ACGT; an unknown
        base (N) is code 4 or all zeros.

    Output shape:
        (batch, length - k + 1, 4^k); channel of a k-mer in base-4 order, first
        base most significant (AA AC AG AT CA ...); all zeros where it has an N, or
        an integer that is no code (see `OneHot`).

    Raises:
        ValueError: k is out of range, or the input is shorter than k, or it is
            neither codes nor one-hot.

    Source:
        The high-order encoding of HOCNN, Zhang, Zhu and Huang 2019,
        doi:10.1109/TCBB.2018.2819660; for hard one-hot equal to the outer product
        of the codes of k adjacent bases. One-hot is read as hard one-hot (argmax), so
        no gradient reaches it.
    """

    def __init__(
        self,
        k: int,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not 1 <= k <= 6:
            raise ValueError(
                "k must be 1 to 6: one-hot k-mers have 4^k channels (4,096 at k = 6). "
                f"Use KmerEmbedding for longer ones. Received: k={k}"
            )
        self.k = k
        self.output_dim = 4**k

    def encode(self, inputs: Any) -> Any:
        """Encodes each k-mer; has no weights."""
        index, known = kmer_index(inputs, self.k)
        # Negative numbers are zeros on every backend.
        index = ops.where(known, index, -1)
        return ops.one_hot(index, self.output_dim, dtype=self.compute_dtype)
