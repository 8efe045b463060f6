from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers

import zoo
from tests.made import sigmoid, softmax
from tests.zoo.inspection.symmetry import models
from zoo.errors import InputError
from zoo.inspection.symmetry import augmented, check, conjoined
from zoo.models.weights import load_weights, save_weights

HEADS = {"pairing": {"profile": (1, 0)}, "output_pairs": [("plus", "minus")]}


def call(model: keras.Model, x: np.ndarray) -> Any:
    outputs = model(x, training=False)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


def other_strand(x: np.ndarray) -> np.ndarray:
    return x[:, ::-1, ::-1]


@settings(max_examples=10)
@given(
    st.booleans(),
    st.sampled_from([None, (0, 1), (1, 0)]),
    st.sampled_from(["pooled", "profile", "binned"]),
)
def test_a_conjoined_model_is_symmetric_as_declared(
    codes: bool, pairing: tuple[int, ...] | None, kind: str
) -> None:
    model = {
        "pooled": lambda: models.pooled(codes=codes),
        "profile": lambda: models.profile(codes=codes),
        "binned": lambda: models.profile(bin_size=4, codes=codes),
    }[kind]()
    wrapper = conjoined(model, pairing=pairing)
    lengths = [20, 40] if kind == "binned" else [20, 33]
    report = check(wrapper, pairing=pairing, lengths=lengths, num_sequences=4)
    assert report.passed and report.outputs[0].spread > 0
    assert not check(model, pairing=pairing, lengths=lengths, num_sequences=4).passed


def test_it_is_the_average_of_both_strands() -> None:
    model, x = models.profile(), models.one_hot(3, 20)
    expected = (call(model, x) + call(model, other_strand(x))[:, ::-1, ::-1]) / 2
    received = call(conjoined(model, pairing=(1, 0)), x)
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("as_dict", [False, True])
def test_several_outputs_keep_structure_and_names(as_dict: bool) -> None:
    model, x = models.heads(as_dict=as_dict), models.one_hot(3, 20)
    wrapper = conjoined(model, **HEADS)
    assert wrapper.output_names == model.output_names
    one, other, received = (
        call(model, x),
        call(model, other_strand(x)),
        call(wrapper, x),
    )
    keys = ("plus", "minus", "profile") if as_dict else (0, 1, 2)
    plus, minus, profile = keys
    assert type(received) is type(one)
    np.testing.assert_allclose(
        received[plus], (one[plus] + other[minus]) / 2, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        received[minus], (one[minus] + other[plus]) / 2, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        received[profile],
        (one[profile] + other[profile][:, ::-1, ::-1]) / 2,
        rtol=1e-5,
        atol=1e-6,
    )
    assert check(wrapper, num_sequences=4, lengths=[30], **HEADS).kind == "equivariant"


def logit(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


CASES: dict[str, tuple[str, bool, str, Callable[..., np.ndarray]]] = {
    "logits, mean logit": ("sigmoid", True, "logits", lambda a, b: (a + b) / 2),
    "logits, mean probability": (
        "sigmoid",
        True,
        "probabilities",
        lambda a, b: logit((sigmoid(a) + sigmoid(b)) / 2),
    ),
    "probabilities, mean logit": (
        "sigmoid",
        False,
        "logits",
        lambda a, b: sigmoid((a + b) / 2),
    ),
    "probabilities, mean probability": (
        "sigmoid",
        False,
        "probabilities",
        lambda a, b: (sigmoid(a) + sigmoid(b)) / 2,
    ),
    "softmax logits, mean probability": (
        "softmax",
        True,
        "probabilities",
        lambda a, b: np.log((softmax(a) + softmax(b)) / 2),
    ),
    "softmax, mean logit": (
        "softmax",
        False,
        "logits",
        lambda a, b: softmax((a + b) / 2),
    ),
}


@pytest.mark.parametrize(
    ("activation", "gives_logits", "average", "expected"), CASES.values(), ids=CASES
)
def test_what_is_averaged(
    activation: str,
    gives_logits: bool,
    average: str,
    expected: Callable[..., Any],
    tmp_path: Path,
) -> None:
    keras.utils.set_random_seed(0)
    logits = models.pooled(3)
    outputs = logits.output
    if not gives_logits:
        outputs = layers.Activation(activation)(outputs)
    model, x = keras.Model(logits.inputs, outputs), models.one_hot(4, 20)
    wrapper = conjoined(
        model, average=average, from_logits=gives_logits, activation=activation
    )
    a, b = call(logits, x), call(logits, other_strand(x))
    np.testing.assert_allclose(call(wrapper, x), expected(a, b), rtol=1e-5, atol=1e-5)
    wrapper.save(tmp_path / "whole.h5")
    again = keras.models.load_model(tmp_path / "whole.h5")
    np.testing.assert_array_equal(call(again, x), call(wrapper, x))


@pytest.mark.parametrize(
    ("last", "activation"),
    [
        (layers.Dense(3, activation="sigmoid"), "sigmoid"),
        (layers.Activation("softmax"), "softmax"),
        (layers.Softmax(), "softmax"),
        (keras.ops.sigmoid, "sigmoid"),
        (keras.Sequential([layers.Input((3,)), layers.Dense(2, "softmax")]), "softmax"),
    ],
)
def test_probabilities_are_noticed(last: Any, activation: str) -> None:
    keras.utils.set_random_seed(0)
    model = models.pooled(3)
    model = keras.Model(model.inputs, last(model.output))
    found = conjoined(model)
    expected = conjoined(model, from_logits=False, activation=activation)
    x = models.one_hot(3, 20)
    np.testing.assert_array_equal(call(found, x), call(expected, x))
    raw = conjoined(model, from_logits=True)
    assert not np.array_equal(call(found, x), call(raw, x))


def test_large_logits_stay_finite() -> None:
    inputs = layers.Input((None, 4))
    scale = keras.initializers.Constant(1e4)
    x = layers.Dense(1, kernel_initializer=scale)(
        layers.GlobalMaxPooling1D()(inputs)[:, :1]
    )
    wrapper = conjoined(keras.Model(inputs, x), average="probabilities")
    # A on one strand only: sigmoid(1e4) and sigmoid(0), so ln(0.75 / 0.25).
    y = call(wrapper, np.eye(4, dtype="float32")[[[0, 0]]])
    np.testing.assert_allclose(y, [[np.log(3)]], rtol=1e-5)


def test_weights_are_shared_and_trained_through() -> None:
    model = models.pooled(1)
    wrapper = conjoined(model)
    assert [id(v) for v in wrapper.trainable_variables] == [
        id(v) for v in model.trainable_variables
    ]
    before = [keras.ops.convert_to_numpy(v).copy() for v in model.trainable_variables]
    wrapper.compile("adam", "mse", run_eagerly=True)  # one step
    wrapper.fit(models.one_hot(16, 20), np.ones((16, 1)), verbose=0)
    after = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    assert all((a != b).any() for a, b in zip(before, after, strict=True))
    x = models.one_hot(3, 20)
    np.testing.assert_array_equal(call(wrapper, x), call(conjoined(model), x))


@pytest.mark.parametrize("make", [conjoined, augmented])
@pytest.mark.parametrize("file", ["whole.keras", "whole.h5"])
def test_it_can_be_saved(
    make: Callable[..., keras.Model], file: str, tmp_path: Path
) -> None:
    wrapper, x = make(models.heads(as_dict=True), **HEADS), models.one_hot(3, 20)
    wrapper.save(tmp_path / file)
    again = keras.models.load_model(tmp_path / file)
    for key, value in call(wrapper, x).items():
        np.testing.assert_allclose(call(again, x)[key], value, rtol=1e-6, atol=1e-6)
    save_weights(wrapper, tmp_path / "weights.h5")
    fresh = make(models.heads(as_dict=True), **HEADS)
    load_weights(fresh, tmp_path / "weights.h5")
    for key, value in call(wrapper, x).items():
        np.testing.assert_allclose(call(fresh, x)[key], value, rtol=1e-6, atol=1e-6)


def test_released_models_and_predict() -> None:
    model = zoo.load("deep_narrow_v1")
    wrapper = zoo.conjoined(model)
    sequence = "".join(np.random.default_rng(0).choice(list("ACGT"), 70))
    both = [sequence, zoo.dna.reverse_complement(sequence)]
    one, other = zoo.predict(model, both)
    received = zoo.predict(wrapper, both)
    np.testing.assert_allclose(received[0], (one + other) / 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(received[0], received[1], rtol=1e-4, atol=1e-5)


def test_sequential_subclassed_and_nested_inputs() -> None:
    sequential = keras.Sequential(
        [layers.Input((None, 4)), layers.GlobalMaxPooling1D(), layers.Dense(2)]
    )
    inputs = layers.Input((None, 4), name="dna")
    x = layers.Dense(2)(layers.GlobalMaxPooling1D()(inputs))
    nested = keras.Model({"dna": inputs}, x)
    for wrapper in (
        conjoined(sequential),
        conjoined(nested),
        conjoined(models.Subclassed(), input_shape=(None, 4)),
    ):
        assert check(wrapper, lengths=[20], num_sequences=4).kind == "invariant"


def test_a_model_whose_output_has_its_own_name() -> None:
    inputs = layers.Input((None, 4), name="dna")
    x = layers.GlobalMaxPooling1D()(inputs)
    model = keras.Model(inputs, layers.Dense(1, name="same")(x), name="same")
    assert conjoined(model).output_names == ["same_output"]


def test_augmented_is_the_model_at_prediction() -> None:
    model, x = models.heads(), models.one_hot(5, 20)
    for one, other in zip(
        call(model, x), call(augmented(model, **HEADS), x), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_augmented_turns_each_example_and_its_outputs_back() -> None:
    model, x = models.heads(as_dict=True), models.one_hot(40, 20)
    for layer in model.layers:
        layer.trainable = False  # normalization by the moving statistics
    wrapper = augmented(model, seed=0, **HEADS)
    outputs = wrapper(x, training=True)
    received = {k: keras.ops.convert_to_numpy(v) for k, v in outputs.items()}
    one, other = call(model, x), call(model, other_strand(x))
    swapped = {
        "plus": other["minus"],
        "minus": other["plus"],
        "profile": other["profile"][:, ::-1, ::-1],
    }
    turned = np.isclose(received["plus"], swapped["plus"], atol=1e-6)[:, 0]
    assert 0 < turned.sum() < 40
    for key, value in received.items():
        axes = (-1, *[1] * (value.ndim - 1))
        expected = np.where(turned.reshape(axes), swapped[key], one[key])
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)


def test_augmented_trains_with_fit_and_dict_targets() -> None:
    model = models.heads(as_dict=True)
    wrapper = augmented(model, **HEADS)
    losses = {"plus": "mse", "minus": "mse", "profile": "mse"}
    wrapper.compile("adam", losses, run_eagerly=True)  # one step
    targets = {
        "plus": np.ones((16, 1)),
        "minus": -np.ones((16, 1)),
        "profile": np.zeros((16, 20, 2)),
    }
    before = model.get_weights()
    wrapper.fit(models.one_hot(16, 20), targets, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    "keywords", [{"average": "median"}, {"activation": "relu"}, {"pairing": (0,)}]
)
def test_wrong_arguments(keywords: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Received:"):
        conjoined(models.pooled(), **keywords)
