"""Every public layer of seqzoo, and layers that are measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.zoo.inspection.receptive_fields.extents import extents_of_changes
from tests.zoo.layers.contract import Case, cases, randomise
from zoo import receptive_field
from zoo.errors import InputError
from zoo.inspection.receptive_fields import Window, probe

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


def test_a_layer_that_says_nothing_is_measured() -> None:
    assert receptive_field(model_with(Smoothed())).span == 7


class Shuffled(layers.Layer):
    """No window tells what it reads: each unit reads two positions from anywhere."""

    def call(self, x: Any) -> Any:
        order = np.random.default_rng(0).permutation(x.shape[1])
        return keras.ops.take(x, order, axis=1) + x


def test_where_no_window_explains_a_layer_each_position_is_tried() -> None:
    inputs = layers.Input((40, 3))
    model = keras.Model(inputs, Shuffled()(inputs))
    order = np.random.default_rng(0).permutation(40)
    both = np.stack([order, np.arange(40)], axis=1)
    expected = np.stack([both.min(axis=1), both.max(axis=1) + 1], axis=1)
    found = receptive_field(model).outputs[0].intervals
    np.testing.assert_array_equal(found, expected)


def test_what_cannot_be_measured_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probe, "_FEW", 0)
    monkeypatch.setattr(probe, "_MOST", 0)
    inputs = layers.Input((40, 3))
    model = keras.Model(inputs, Shuffled(name="mixed")(inputs))
    with pytest.raises(InputError, match=r"'mixed' is a Shuffled.*input_window\(\)"):
        receptive_field(model)


def test_an_output_of_unknown_length_is_refused() -> None:
    inputs = layers.Input((40, 3))
    layer = layers.EinsumDense("abc,cd->abd", output_shape=(None, 2))
    with pytest.raises(InputError, match="of no known length"):
        receptive_field(keras.Model(inputs, layer(inputs)))


def test_a_genomic_window_is_measured_by_a_few_positions() -> None:
    inputs = layers.Input((200_000, 4))
    model = keras.Model(inputs, Smoothed()(inputs))
    found = receptive_field(model).outputs[0]
    assert (found.span, found.stride, found.start) == (3, 1, -1)


class Plain(layers.Layer):
    """A function as a layer of a plugin, with a kernel that begins with zeros."""

    def __init__(self, function: Callable[[Any, Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.function = function

    def build(self, shape: Any) -> None:
        shape = (5, shape[-1], 3)
        self.kernel = self.add_weight(name="k", shape=shape, initializer="zeros")

    def call(self, x: Any) -> Any:
        return self.function(x, self.kernel)


# A function of a plugin's layer, and Keras's layer that reads the same.
KNOWN = {
    "convolution": (
        lambda x, k: keras.ops.conv(x, k, padding="same"),
        layers.Conv1D(3, 5, padding="same"),
    ),
    "strided": (
        lambda x, k: keras.ops.conv(x, k, strides=4, padding="same"),
        layers.Conv1D(3, 5, strides=4, padding="same"),
    ),
    "dilated": (
        lambda x, k: keras.ops.conv(x, k, dilation_rate=7),
        layers.Conv1D(3, 5, dilation_rate=7),
    ),
    "maximum": (
        lambda x, k: keras.ops.max_pool(x, 3, 3, padding="same"),
        layers.MaxPooling1D(3, padding="same"),
    ),
    "minimum": (
        lambda x, k: -keras.ops.max_pool(-x, 3, 3, padding="same"),
        layers.MaxPooling1D(3, padding="same"),
    ),
    "gate": (
        lambda x, k: x * keras.ops.mean(x, axis=1, keepdims=True),
        layers.GroupNormalization(1),
    ),
}


@pytest.mark.parametrize("length", [99, 3001])
@pytest.mark.parametrize("name", KNOWN)
def test_what_is_measured_is_what_is_known(name: str, length: int) -> None:
    """On short inputs all positions are tried, on long ones a few."""
    function, known = KNOWN[name]
    found = []
    for layer in (Plain(function), type(known).from_config(known.get_config())):
        inputs = layers.Input((length, 4))
        x = layers.Conv1D(4, 3, strides=2)(inputs)
        x = layers.Conv1D(2, 3)(layer(x))
        found.append(receptive_field(keras.Model(inputs, x)).outputs[0])
    for attribute in ("span", "local_span", "stride", "start", "interval"):
        one, other = (getattr(each, attribute) for each in found)
        assert one == other, attribute
    np.testing.assert_array_equal(found[0].intervals, found[1].intervals)


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


def test_a_running_sum_sees_all_before_it() -> None:
    inputs = layers.Input((20, 4), name="sequence")
    model = keras.Model(inputs, keras.ops.cumsum(inputs, axis=1))
    found = receptive_field(model).outputs[0]
    assert found.span is None
    assert found.intervals.tolist() == [[0, unit + 1] for unit in range(20)]


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
