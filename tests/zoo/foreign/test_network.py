"""What a file says of its network against Keras, which wrote it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from zoo.errors import WeightsError
from zoo.foreign import open_network, operations
from zoo.foreign.keras_layers import OPERATIONS

LENGTH = 30
X = np.random.default_rng(0).normal(size=(3, LENGTH, 4))


def inner() -> keras.Model:
    inputs = layers.Input((LENGTH, 4))
    x = layers.Conv1D(5, 3, padding="causal", dilation_rate=2, name="scan")(inputs)
    pooled = layers.GlobalMaxPooling1D(name="most")(x)
    return keras.Model(inputs, [x, pooled], name="inner")


def network(last: str) -> keras.Model:
    """All layers that are computed, twice of one, and a network inside."""
    inputs = layers.Input((LENGTH, 4), name="sequence")
    conv = layers.Conv1D(5, 4, padding="same", activation="gelu", name="twice")
    x = conv(inputs)
    positions, most = inner()(inputs)
    x = layers.Add()([x, positions])
    x = layers.Conv1D(5, 3, padding="same", strides=2, use_bias=False)(x)
    x = layers.BatchNormalization(center=False, epsilon=0.02)(x)
    x = layers.ReLU()(layers.SpatialDropout1D(0.1)(layers.Dropout(0.5)(x)))
    x = layers.MaxPooling1D(4, padding="same")(x)
    x = layers.MaxPooling1D(2, strides=1)(layers.Cropping1D((0, 1))(x))
    mean = layers.GlobalAveragePooling1D()(conv(inputs))
    x = layers.Activation("softplus")(layers.Flatten()(x))
    x = layers.Concatenate()([x, most, mean])
    y = layers.Dense(3, activation=last, name="first")(x)
    z = layers.Activation(last, name="second")(layers.Dense(2, name="values")(x))
    model = keras.Model(inputs, [y, z])
    generator = np.random.default_rng(1)
    model.set_weights([generator.uniform(-0.5, 1, w.shape) for w in model.weights])
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(generator.uniform(0.5, 2, (5,)))
    return model


@pytest.mark.filterwarnings("ignore:.*HDF5 file.*legacy")
@pytest.mark.parametrize("file", ["a.h5", "a.keras"])
def test_predictions_without_the_last_activation(tmp_path: Path, file: str) -> None:
    model = network("sigmoid")
    model.save(tmp_path / file)
    found = open_network(tmp_path / file).predict({"sequence": X})
    assert list(found) == ["first", "second"]
    for values, expected in zip(found.values(), model(X), strict=True):
        assert values.dtype == np.float64
        sigmoid = operations.activate(values, "sigmoid")
        np.testing.assert_allclose(sigmoid, expected, atol=1e-6)


def test_each_layer_that_is_computed_is_in_the_test() -> None:
    classes = {type(layer).__name__ for layer in network("relu").layers}
    assert set(OPERATIONS) <= classes | {"GlobalMaxPooling1D"}  # which is inside


def test_arrays_and_layers_by_name(tmp_path: Path) -> None:
    network("relu").save(tmp_path / "a.keras")
    found = open_network(tmp_path / "a.keras")
    assert found.weights("first")["bias"].shape == (3,)
    assert found.inner["inner"].weights("scan")["kernel"].shape == (3, 4, 5)
    assert found.renamed("twice", "stem").keys() == {"stem/kernel", "stem/bias"}
    (norm,) = found.layers("BatchNormalization")
    np.testing.assert_array_equal(found.weights(norm)["beta"], 0)
    for ask in (found.layer, found.array, found.weights):
        with pytest.raises(WeightsError, match=r"a\.keras has no .*'none'\. It has "):
            ask("none")


def test_a_lambda_is_what_a_recipe_says(tmp_path: Path) -> None:
    inputs = layers.Input((4,), name="x")
    outputs = layers.Lambda(lambda x: x * 2, name="doubled")(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "a.keras")
    found = open_network(tmp_path / "a.keras")
    with pytest.raises(WeightsError, match=r"'doubled' \(Lambda\) cannot be computed"):
        found.predict({"x": np.ones((2, 4))})
    functions = {"doubled": lambda x: 2 * x}
    (doubled,) = found.predict({"x": np.ones((2, 4))}, functions).values()
    np.testing.assert_array_equal(doubled, 2)


@pytest.mark.parametrize("activation", sorted(operations.ACTIVATIONS))
def test_activations_are_those_of_keras(activation: str) -> None:
    x = np.linspace(-9, 9, 60).reshape(4, 15)
    expected = keras.activations.get(activation)(keras.ops.convert_to_tensor(x))
    received = operations.activate(x, activation)
    np.testing.assert_allclose(received, expected, rtol=2e-6, atol=2e-6)


def archive(path: Path, config: object, weights: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", weights)
    return path


def layer(name: str, class_name: str, taken: list[str], **config: object) -> dict:
    node = [[[other, 0, 0, {}] for other in taken]] if taken else []
    config = {"name": name, **config}
    return {
        "name": name,
        "class_name": class_name,
        "config": config,
        "inbound_nodes": node,
    }


def described(*layers: dict, last: str) -> dict:
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [[last, 0, 0]]}
    return {"class_name": "Functional", "config": {"layers": layers, **ends}}


def doubling(times: int) -> list[dict]:
    found = [layer("x", "InputLayer", [], batch_input_shape=[None, 4])]
    for number in range(times):
        before = found[-1]["name"]
        found.append(layer(f"c{number}", "Concatenate", [before, before], axis=-1))
    return found


def nested(depth: int) -> dict:
    found = described(*doubling(1), last="c0")
    for _ in range(depth):
        inside = {"name": "c0", "inbound_nodes": [[["x", 0, 0, {}]]], **found}
        found = described(doubling(0)[0], inside, last="c0")
    return found


X_LAYER = doubling(0)[0]
HOSTILE = {
    "doubled forty times": (described(*doubling(40), last="c39"), "values are more"),
    "nested": (nested(6), "nest deeper than 4"),
    "two of one name": (described(X_LAYER, X_LAYER, last="x"), "two layers are named"),
    "no such end": (described(X_LAYER, last="y"), "has no layer 'y'"),
    "no such call": (
        described(X_LAYER, layer("y", "ReLU", ["x"]), last="y")
        | {"class_name": "os.system"},
        None,
    ),
    "other shapes": (
        described(*doubling(1), layer("y", "Add", ["x", "c0"]), last="y"),
        "shapes differ",
    ),
    "cropped away": (
        described(X_LAYER, layer("y", "Cropping1D", ["x"], cropping=[9, 9]), last="y"),
        "cut off 4 positions",
    ),
    "a pool of all": (
        described(
            X_LAYER,
            layer(
                *("y", "MaxPooling1D", ["x"]),
                **{"pool_size": [10**12], "strides": [1], "padding": "same"},
            ),
            last="y",
        ),
        "cannot be computed",
    ),
    "an argument": (
        described(X_LAYER, layer("y", "ReLU", ["x"], max_value=6), last="y"),
        "expected max_value=None, received 6",
    ),
    "too many layers": (described(*[X_LAYER] * 5001, last="x"), "at most 5,000 layers"),
    "a list": ([], "damaged"),
    "numbers": (described(layer("x", "InputLayer", [7]), last="x"), "no layer '7'"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_descriptions_of_strangers(tmp_path: Path, case: str) -> None:
    config, message = HOSTILE[case]
    buffer = io.BytesIO()
    h5py.File(buffer, "w").close()
    path = archive(tmp_path / "a.keras", config, buffer.getvalue())

    def predict() -> None:
        open_network(path).predict({"x": np.ones((1, 4))})

    if message is None:
        predict()
        return
    with pytest.raises(WeightsError, match=message) as caught:
        predict()
    assert "a.keras" in str(caught.value)
