"""A category (cell type, tissue, species) as a learned vector; it may be unknown."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_at_least
from zoo.layers.configured import ConfiguredLayer, LayerOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class CategoryEmbedding(ConfiguredLayer, keras.layers.Embedding):
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
        **options: Unpack[LayerOptions],
    ) -> None:
        check_at_least(1, num_categories=num_categories)
        if not 0 <= dropout < 1:
            raise ValueError(
                "dropout must be a rate, 0 <= dropout < 1; at 1 the model would never "
                f"see a category. Received: dropout={dropout}"
            )
        super().__init__(
            num_categories + 1,  # unknown last
            output_dim,
            embeddings_initializer=embeddings_initializer,
            **options,
        )
        self.num_categories = num_categories
        self.dropout = dropout
        self.seed = seed
        if dropout > 0:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Gathers one row per index."""
        index = ops.cast(inputs, "int32")
        known = ops.logical_and(index >= 0, index < self.num_categories)
        if training and self.dropout > 0:
            draw = keras.random.uniform(ops.shape(index), seed=self.seed_generator)
            known = ops.logical_and(known, draw >= self.dropout)
        return super().call(ops.where(known, index, self.num_categories))
