from __future__ import annotations

import keras
import numpy as np
import pytest

from zoo.layers import CategoryEmbedding


def layer(dropout: float = 0.0, seed: int = 0) -> CategoryEmbedding:
    made = CategoryEmbedding(3, 2, dropout=dropout, seed=seed)
    made.build((None,))
    made.embeddings.assign(np.arange(8).reshape(4, 2))
    return made


def call(made: CategoryEmbedding, index: list, training: bool = False) -> np.ndarray:
    x = keras.ops.convert_to_tensor(np.array(index, "i4"))
    return keras.ops.convert_to_numpy(made(x, training=training))


def test_rows_of_the_table_and_the_last_for_unknown() -> None:
    expected = [[0, 1], [2, 3], [4, 5], [6, 7], [6, 7], [6, 7]]
    np.testing.assert_array_equal(call(layer(), [0, 1, 2, -1, 3, 99]), expected)


def test_any_shape_of_indices() -> None:
    assert call(layer(), [[0, 1, 2]]).shape == (1, 3, 2)
    assert layer().compute_output_shape((None,)) == (None, 2)


def test_dropout_makes_unknown_in_training_only() -> None:
    index = [1] * 4000
    made = layer(dropout=0.2)
    assert (call(made, index) == [2, 3]).all()
    outputs = call(made, index, training=True)
    unknown = (outputs == [6, 7]).all(axis=1)
    assert (outputs[~unknown] == [2, 3]).all()
    # Five standard deviations of the binomial.
    assert abs(unknown.mean() - 0.2) < 5 * (0.2 * 0.8 / 4000) ** 0.5
    again = call(layer(dropout=0.2), index, training=True)
    np.testing.assert_array_equal(again, outputs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_categories": 0}, "num_categories=0"),
        ({"num_categories": 2, "dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_impossible_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CategoryEmbedding(output_dim=2, **arguments)
