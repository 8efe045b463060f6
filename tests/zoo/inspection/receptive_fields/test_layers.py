"""Every public layer of seqzoo, and layers that are not known."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.zoo.inspection.receptive_fields.extents import extents_of_changes
from tests.zoo.layers.contract import Case, cases, randomise
from zoo import receptive_field
from zoo.errors import InputError
from zoo.inspection.receptive_fields import Window

ALL = [
    pytest.param(case, id=f"{name}-{number}")
    for name, each in cases().items()
    for number, case in enumerate(each)
]


def other_values(case: Case, x: np.ndarray) -> np.ndarray:
    """Another base, or another number."""
    if case.channels is None:
        return (x + 1) % 4
    if case.channels == 4:
        return np.eye(4, dtype="f4")[(x.argmax(axis=-1) + 1) % 4]
    return x + np.random.default_rng(1).normal(size=x.shape).astype("f4")


@pytest.mark.parametrize("case", ALL)
def test_a_layer_sees_what_changes_it(case: Case) -> None:
    model = case.as_model(case.lengths[0])
    randomise(model)
    x = case.inputs(12, case.lengths[0])

    def call(x: np.ndarray) -> np.ndarray:
        return np.nan_to_num(keras.ops.convert_to_numpy(model(x, training=False)))

    measured = extents_of_changes(call, x, other_values(case, x))
    found = receptive_field(model).outputs[0].intervals
    np.testing.assert_array_equal(found, measured)


class Smoothed(layers.Layer):
    """A plugin's layer, which does not know seqzoo."""

    def call(self, x: Any) -> Any:
        return keras.ops.average_pool(x, 3, strides=1, padding="same")


class DeclaredSmoothed(Smoothed):
    def input_window(self) -> dict[str, Any]:
        return {"kernel_size": 3, "padding": "same"}


def model_with(layer: layers.Layer) -> keras.Model:
    inputs = layers.Input((20, 4), name="sequence")
    x = layers.Conv1D(4, 5, padding="same")(inputs)
    return keras.Model(inputs, layer(x))


def test_an_unknown_layer_is_named_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"'smooth' is a Smoothed.*input_window\(\)"):
        receptive_field(model_with(Smoothed(name="smooth")))


def test_a_layer_may_declare_its_window() -> None:
    assert receptive_field(model_with(DeclaredSmoothed())).span == 7


@pytest.mark.parametrize(
    ("window", "span"),
    [
        ({"kernel_size": 3, "padding": "same"}, 7),
        (Window(3, padding="same"), 7),
        ({}, 5),
        ({"whole": True}, None),
    ],
)
def test_a_window_may_be_declared_for_a_layer(window: Any, span: int | None) -> None:
    model = model_with(Smoothed(name="smooth"))
    found = receptive_field(model, windows={"smooth": window})
    assert found.outputs[0].span == span


class Shortened(layers.Layer):
    def call(self, x: Any) -> Any:
        return x[:, 1:-1]

    def input_window(self) -> dict[str, Any]:
        return {}  # forgets to say what is cut off


def test_a_declaration_that_does_not_give_the_length_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(None, 18, 4\).*20 positions"):
        receptive_field(model_with(Shortened(name="short")))


@pytest.mark.parametrize(
    "arguments", [{"kernel_size": 0}, {"strides": 0}, {"padding": "full"}]
)
def test_impossible_windows_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Received"):
        Window(**arguments)


def test_unknown_functions_of_keras_are_named() -> None:
    inputs = layers.Input((20, 4), name="sequence")
    model = keras.Model(inputs, keras.ops.cumsum(inputs, axis=1))
    with pytest.raises(InputError, match="Cumsum"):
        receptive_field(model)


def test_functions_of_keras_are_followed() -> None:
    inputs = layers.Input((20, 4), name="sequence")
    x = layers.Conv1D(4, 3)(inputs)
    x = keras.ops.relu(x)[:, 2:-2] * 2.0
    x = keras.ops.concatenate([x, keras.ops.flip(x, axis=1)], axis=1)
    found = receptive_field(keras.Model(inputs, x)).outputs[0]
    assert found.intervals[0].tolist() == [2, 5]
    assert found.intervals[-1].tolist() == [2, 5]
    assert len(found.intervals) == 28
    mean = keras.ops.mean(inputs, axis=1)
    assert receptive_field(keras.Model(inputs, mean)).outputs[0].span is None
    mean = keras.ops.mean(inputs, axis=-1, keepdims=True)
    assert receptive_field(keras.Model(inputs, mean)).outputs[0].span == 1


def test_a_model_without_a_graph_is_refused() -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(InputError, match="functional or sequential"):
        receptive_field(Own())
    with pytest.raises(InputError, match="has no input shape yet"):
        receptive_field(keras.Sequential([layers.Dense(2)]))


def test_lengths_and_inputs_that_do_not_fit_are_refused() -> None:
    inputs = layers.Input((20, 4), name="sequence")
    fixed = keras.Model(inputs, layers.Dense(2)(inputs))
    with pytest.raises(InputError, match=r"fixed input length.*30"):
        receptive_field(fixed, 30)
    with pytest.raises(InputError, match=r"one of the model's inputs.*'dna'"):
        receptive_field(fixed, input="dna")
    inputs = layers.Input((None, 4))
    model = keras.Model(inputs, layers.Conv1D(2, 50)(inputs))
    with pytest.raises(InputError, match="longer sequence_length"):
        receptive_field(model, 40)
    for length in (0, -5):
        with pytest.raises(InputError, match=rf"length of at least 1\. .*={length}"):
            receptive_field(model, length)
