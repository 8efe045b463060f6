"""A category (cell type, tissue, species) as a learned vector; it may be unknown."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.errors import check_at_least


@keras.saving.register_keras_serializable(package="seqzoo")
class CategoryEmbedding(keras.layers.Layer):
    """Looks up a learned vector for a category, and one of its own for unknown.

    The table has a row for each category and a last one for "unknown": index -1,
    and every other index outside 0 to num_categories - 1. In training, each index
    becomes unknown with probability `dropout`, which is how that row is learned
    where no example of the training data is of unknown category.

    Args:
        num_categories: Known categories.
        output_dim: Length of the learned vector.
        dropout: Rate of indices taken for unknown in training, 0 to below 1.
        embeddings_initializer: As in `keras.layers.Embedding`.
        seed: For reproducible dropout.

    Input shape:
        (batch, ...) integer indices.

    Output shape:
        (batch, ..., output_dim).

    Raises:
        ValueError: dropout or num_categories is out of range.

    Source:
        Embedding of a categorical covariate: Guo and Berkhahn 2016,
        arXiv:1604.06737; dropped in training as in word dropout, Gal and
        Ghahramani 2016, arXiv:1512.05287, with a learned vector in place of zeros.
    """

    def __init__(
        self,
        num_categories: int,
        output_dim: int,
        *,
        dropout: float = 0.0,
        embeddings_initializer: Any = "uniform",
        seed: int | None = None,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        check_at_least(1, num_categories=num_categories)
        if not 0 <= dropout < 1:
            raise ValueError(
                "dropout must be a rate, 0 <= dropout < 1; at 1 the model would never "
                f"see a category. Received: dropout={dropout}"
            )
        self.num_categories = num_categories
        self.output_dim = output_dim
        self.dropout = dropout
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.seed = seed
        if dropout > 0:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the table: (num_categories + 1, output_dim), unknown last."""
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.num_categories + 1, self.output_dim),
            initializer=self.embeddings_initializer,
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Gathers one row an index."""
        index = ops.cast(inputs, "int32")
        known = ops.logical_and(index >= 0, index < self.num_categories)
        if training and self.dropout > 0:
            draw = keras.random.uniform(ops.shape(index), seed=self.seed_generator)
            known = ops.logical_and(known, draw >= self.dropout)
        index = ops.where(known, index, self.num_categories)
        return ops.take(self.embeddings, index, axis=0)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, ..., output_dim)."""
        return (*input_shape, self.output_dim)

    def input_window(self) -> dict[str, Any]:
        """Each position by itself, see `zoo.receptive_field`."""
        return {}

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        return super().get_config() | {
            "num_categories": self.num_categories,
            "output_dim": self.output_dim,
            "dropout": self.dropout,
            "embeddings_initializer": keras.initializers.serialize(
                self.embeddings_initializer
            ),
            "seed": self.seed,
        }
