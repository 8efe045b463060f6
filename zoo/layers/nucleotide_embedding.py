"""Bases as learned vectors."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.errors import check_at_least
from zoo.layers.bases import ReadsBases
from zoo.layers.one_hot import CHANNELS, one_hot


@keras.saving.register_keras_serializable(package="seqzoo")
class NucleotideEmbedding(ReadsBases):
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
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        check_at_least(1, output_dim=output_dim)
        self.output_dim = output_dim
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.embeddings_regularizer = keras.regularizers.get(embeddings_regularizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the table: (4, output_dim), rows A, C, G, T."""
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(CHANNELS, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
        )

    def encode(self, inputs: Any) -> Any:
        """Multiplies: for a table of four rows cheaper than a masked look-up."""
        if len(inputs.shape) == 2:
            inputs = one_hot(inputs, dtype=self.compute_dtype)
        return ops.matmul(ops.cast(inputs, self.compute_dtype), self.embeddings)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, length, output_dim)."""
        return (*input_shape[:2], self.output_dim)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        return super().get_config() | {
            "output_dim": self.output_dim,
            "embeddings_initializer": keras.initializers.serialize(
                self.embeddings_initializer
            ),
            "embeddings_regularizer": keras.regularizers.serialize(
                self.embeddings_regularizer
            ),
        }
