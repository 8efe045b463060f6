from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from zoo.layers import MissingModality

SUBSTITUTE = np.array([0.5, -2.0, 3.0], "f4")


def layer(dropout: float = 0.0, seed: int = 0) -> MissingModality:
    made = MissingModality(dropout, seed=seed)
    made.build((None, None, 3))
    made.substitute.assign(SUBSTITUTE)
    return made


def call(made: MissingModality, x: np.ndarray, training: bool = False) -> np.ndarray:
    return keras.ops.convert_to_numpy(made(x, training=training))


@given(
    x=arrays("f4", (2, 5, 3), elements=st.floats(-100, 100, width=32)),
    missing=arrays("?", (2, 5, 3)),
)
def test_missing_is_the_substitute_and_the_rest_is_itself(x, missing) -> None:
    outputs = call(layer(), np.where(missing, np.float32("nan"), x))
    np.testing.assert_array_equal(
        outputs[..., :3], np.where(missing, SUBSTITUTE, x).astype("f4")
    )
    np.testing.assert_array_equal(outputs[..., 3:], 1.0 - missing)


def test_a_vector_of_covariates_is_treated_alike() -> None:
    x = np.array([[1.0, np.nan, 2.0]], "f4")
    np.testing.assert_array_equal(call(layer(), x), [[1, -2, 2, 1, 0, 1]])


def test_dropout_takes_whole_examples_in_training_only() -> None:
    x = np.random.default_rng(0).normal(size=(4000, 5, 3)).astype("f4")
    made = layer(dropout=0.3)
    np.testing.assert_array_equal(call(made, x)[..., :3], x)
    outputs = call(made, x, training=True)
    gone = (outputs[..., 3:] == 0).all(axis=(1, 2))
    there = (outputs[..., 3:] == 1).all(axis=(1, 2))
    assert (gone ^ there).all()
    # Five standard deviations of the binomial.
    assert abs(gone.mean() - 0.3) < 5 * (0.3 * 0.7 / len(x)) ** 0.5
    np.testing.assert_array_equal(outputs[there][..., :3], x[there])
    np.testing.assert_array_equal(
        outputs[gone][..., :3], np.broadcast_to(SUBSTITUTE, (gone.sum(), 5, 3))
    )


def test_dropout_is_drawn_anew_and_reproducible_by_seed() -> None:
    x = np.zeros((64, 2, 3), "f4")
    made = layer(dropout=0.5, seed=3)
    first, second = call(made, x, training=True), call(made, x, training=True)
    assert (first != second).any()
    again = call(layer(dropout=0.5, seed=3), x, training=True)
    np.testing.assert_array_equal(again, first)


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_an_impossible_rate_is_refused(dropout: float) -> None:
    with pytest.raises(ValueError, match=f"Received: dropout={dropout}"):
        MissingModality(dropout)


def test_unknown_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="must be known"):
        MissingModality().build((None, None))
