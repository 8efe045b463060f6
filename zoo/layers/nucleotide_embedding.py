"""Bases as learned vectors."""

from __future__ import annotations

from math import prod
from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_at_least
from zoo.layers.bases import ReadsBases
from zoo.layers.configured import LayerOptions
from zoo.layers.one_hot import CHANNELS, one_hot


@keras.saving.register_keras_serializable(package="seqzoo")
class NucleotideEmbedding(ReadsBases, keras.layers.Embedding):
    """A learned vector for each of A, C, G and T.

        y[b, i, :] = sum over c of one_hot[b, i, c] * embeddings[c, :]

    With one-hot input it is a convolution of kernel_size 1 without bias, so a
    gradient reaches the input, and a position of mixed bases gets the mixture of
    their vectors.

    Args:
        output_dim: Length of the learned vectors.
        embeddings_initializer: As in `keras.layers.Embedding`.
        embeddings_regularizer: As in `keras.layers.Embedding`.

    Input shape:
        (batch, length) integer codes, or (batch, length, 4) one-hot ACGT.

    Output shape:
        (batch, length, output_dim); zeros for N, which is code 4 or all zeros, and
        for any other integer (see `OneHot`).

    Raises:
        ValueError: output_dim is below 1, or the input is neither codes nor one-hot.

    Source:
        Ng, "dna2vec: Consistent vector representations of variable-length k-mers",
        arXiv:1701.06279, for k = 1. Deviations: the vectors are learned with the
        task, and N has the zero vector instead of being left out.
    """

    def __init__(
        self,
        output_dim: int,
        *,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        check_at_least(1, output_dim=output_dim)
        super().__init__(
            CHANNELS,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            **options,
        )

    def encode(self, inputs: Any) -> Any:
        """Multiplies: for a table of four rows cheaper than a masked look-up."""
        if len(inputs.shape) == 2:
            inputs = one_hot(inputs, dtype=self.compute_dtype)
        table = ops.cast(self.embeddings, self.compute_dtype)
        return ops.matmul(ops.cast(inputs, self.compute_dtype), table)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, length, output_dim)."""
        return (*input_shape[:2], self.output_dim)

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """Of one-hot it is a product, of codes a look-up."""
        return prod(input_shape[1:]) * self.output_dim if len(input_shape) == 3 else 0  # type: ignore[arg-type]
