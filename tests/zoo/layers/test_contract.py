from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.zoo.layers.contract import CASES, Case
from zoo import layers
from zoo.weights import load_weights, save_weights

ALL = [
    pytest.param(case, id=f"{name}-{number}")
    for name, cases in CASES.items()
    for number, case in enumerate(cases)
]
every_layer = pytest.mark.parametrize("case", ALL)


def as_model(case: Case, length: int | None = None) -> keras.Model:
    inputs = keras.layers.Input((length, case.channels), name="x")
    return keras.Model(inputs, case.make(name="layer")(inputs))


def call(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x, training=False))


def test_every_public_layer_has_a_case() -> None:
    assert set(CASES) == set(layers.__all__)


@every_layer
@pytest.mark.parametrize(("batch", "length"), [(1, 12), (3, 31)])
def test_shape(case: Case, batch: int, length: int) -> None:
    expected = case.output_shape(batch, length)
    assert call(as_model(case), case.inputs(batch, length)).shape == expected
    assert as_model(case, length).output_shape == (None, *expected[1:])
    assert case.make(name="x").compute_output_shape((batch, length, case.channels)) == (
        expected
    )


@every_layer
def test_config_and_weights_round_trip(case: Case, tmp_path: Path) -> None:
    model, x = as_model(case), case.inputs(2, 20)
    again = keras.Model.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    save_weights(model, tmp_path / "w.h5")
    load_weights(again, tmp_path / "w.h5")
    np.testing.assert_array_equal(call(again, x), call(model, x))


@every_layer
def test_mixed_precision(case: Case) -> None:
    x = case.inputs(2, 20)
    expected = as_model(case)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = as_model(case)
    finally:
        keras.config.set_dtype_policy("float32")
    model.set_weights(expected.get_weights())
    assert keras.backend.standardize_dtype(model(x).dtype) == "bfloat16"
    assert all(v.dtype == "float32" for v in model.variables)
    received = np.asarray(keras.ops.cast(model(x), "float32"))
    # bfloat16 keeps 8 bits: 2^-8 a rounding, and a few add up.
    np.testing.assert_allclose(received, call(expected, x), rtol=0.05, atol=0.05)


@every_layer
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a TensorFlow test")
def test_xla_gives_the_same(case: Case) -> None:
    import tensorflow as tf

    model, x = as_model(case), case.inputs(2, 20)
    compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
    np.testing.assert_allclose(compiled(x), call(model, x), rtol=1e-5, atol=1e-5)


@every_layer
def test_equivariance_is_as_declared(case: Case) -> None:
    model, x = as_model(case), case.inputs(3, 24)
    forward, reverse = call(model, x), call(model, x[:, ::-1, ::-1])
    same = np.allclose(reverse[:, ::-1, ::-1], forward, atol=1e-5)
    assert same == case.equivariant
