from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.zoo.layers import gradients
from tests.zoo.layers.contract import Case, cases, randomise
from zoo import layers
from zoo.models.weights import load_weights, save_weights

ALL = [
    pytest.param(case, id=f"{name}-{number}")
    for name, each in cases().items()
    for number, case in enumerate(each)
]
every_layer = pytest.mark.parametrize("case", ALL)


def call(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x, training=False))


def model_of(case: Case, length: int | None = None) -> keras.Model:
    """With weights, offsets and statistics that are not those of a new layer."""
    model = case.as_model(length)
    randomise(model)
    return model


def test_every_public_layer_has_a_case_and_a_file() -> None:
    assert all(len(each) > 0 for each in cases().values())
    files = {getattr(layers, name).__module__ for name in layers.__all__}
    assert len(files) == len(layers.__all__)


@every_layer
@pytest.mark.parametrize("batch", [1, 3])
def test_shape(case: Case, batch: int) -> None:
    for length in case.lengths:
        expected = case.output_shape(batch, length)
        model = case.as_model(length)
        assert call(model, case.inputs(batch, length)).shape == expected
        assert model.output_shape == (None, *expected[1:])
        layer = case.make(name="x")
        shape = layer.compute_output_shape(case.input_shape(batch, length))
        assert tuple(shape) == expected


@every_layer
def test_one_layer_takes_any_length(case: Case) -> None:
    model = case.as_model(case.lengths[0] if len(case.lengths) == 1 else None)
    for length in case.lengths:
        y = call(model, case.inputs(2, length))
        assert y.shape == case.output_shape(2, length)
        assert np.isfinite(y).all()


@every_layer
def test_config_and_weights_round_trip(case: Case, tmp_path: Path) -> None:
    length = case.lengths[-1]
    model, x = model_of(case, length), case.inputs(2, length)
    again = keras.Model.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    save_weights(model, tmp_path / "w.h5")
    load_weights(again, tmp_path / "w.h5")
    np.testing.assert_array_equal(call(again, x), call(model, x))
    for file in ("whole.h5", "whole.keras"):
        model.save(tmp_path / file)
        again = keras.saving.load_model(tmp_path / file)
        np.testing.assert_array_equal(call(again, x), call(model, x))


@every_layer
def test_mixed_precision(case: Case) -> None:
    length = case.lengths[-1]
    x = case.inputs(2, length)
    expected = model_of(case, length)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = case.as_model(length)
    finally:
        keras.config.set_dtype_policy("float32")
    model.set_weights(expected.get_weights())
    assert keras.backend.standardize_dtype(model(x).dtype) == "bfloat16"
    floats = [v for v in model.variables if keras.backend.is_float_dtype(v.dtype)]
    assert all(v.dtype == "float32" for v in floats)
    received = keras.ops.convert_to_numpy(keras.ops.cast(model(x), "float32"))
    # bfloat16 keeps 8 bits: 2^-8 a rounding, and a few add up.
    np.testing.assert_allclose(received, call(expected, x), rtol=0.05, atol=0.06)


@every_layer
@pytest.mark.parametrize(
    ("policy", "tolerance"), [("float16", 0.01), ("bfloat16", 0.06)]
)
def test_pure_half_precision(case: Case, policy: str, tolerance: float) -> None:
    length = case.lengths[-1]
    x = case.inputs(2, length)
    expected = model_of(case, length)
    keras.config.set_dtype_policy(policy)
    try:
        model = case.as_model(length)
    finally:
        keras.config.set_dtype_policy("float32")
    model.set_weights(expected.get_weights())
    assert keras.backend.standardize_dtype(model(x).dtype) == policy
    received = keras.ops.convert_to_numpy(keras.ops.cast(model(x), "float32"))
    np.testing.assert_allclose(
        received, call(expected, x), rtol=tolerance, atol=tolerance
    )
    trained = keras.ops.cast(model(x, training=True), "float32")
    assert np.isfinite(keras.ops.convert_to_numpy(trained)).all()


@every_layer
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a TensorFlow test")
def test_xla_compiles_it(case: Case) -> None:
    import tensorflow as tf

    length = case.lengths[-1]
    model, x = model_of(case, length), case.inputs(2, length)
    expected = call(model, x)

    @tf.function(jit_compile=True)
    def compiled(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return model(x, training=False), model(x, training=True)

    received, training = map(keras.ops.convert_to_numpy, compiled(x))
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)
    # In training it may be random: only that it compiles.
    assert training.shape == expected.shape == case.output_shape(2, length)


@every_layer
@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Keras computes in float64 on TensorFlow alone; tests/backends compares "
    "the gradients of the three",
)
def test_gradients_are_the_slopes(case: Case) -> None:
    """In float64, against central differences along random directions."""
    length = case.lengths[0]
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        for name, slope, measured in gradients.along_random_directions(
            model_of(case, length),
            case.inputs(2, length),
            with_input=case.differentiable,
        ):
            assert slope == pytest.approx(measured, rel=1e-5, abs=1e-7), name
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


@every_layer
def test_equivariance_is_as_declared(case: Case) -> None:
    length = case.lengths[0]
    model, x = model_of(case, length), case.inputs(3, length)
    forward = call(model, x)
    reverse = call(model, case.reverse_complement_input(x))
    expected = case.reverse_complement_output(forward)
    same = np.allclose(reverse, expected, rtol=1e-4, atol=1e-5)
    assert same == case.equivariant
