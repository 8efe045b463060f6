"""A user's keras.json changes nothing in our networks, nor in a plugin's."""

from __future__ import annotations

import ast
import contextlib
import inspect
import threading
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import registry
import zoo
from tests.zoo.architectures.contract import (
    NAMES,
    arrays,
    call,
    case,
    make,
    small_model,
)
from tests.zoo.layers.contract import Case, cases, randomise
from zoo.commands.quiet import quiet_import
from zoo.models.keras_settings import settings_for_sequences
from zoo.publishing.verification import verify

TOP = Path(zoo.__file__).parent
LAYERS = [
    pytest.param(layer, id=f"{name}-{number}")
    for name, each in cases().items()
    for number, layer in enumerate(each)
]


@contextlib.contextmanager
def keras_json(
    data_format: str = "channels_last", floatx: str = "float32"
) -> Iterator[None]:
    """As if Keras had read it: no policy has been asked for."""
    keras.config.set_image_data_format(data_format)
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)
    try:
        yield
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def assert_same(name: str, model: keras.Model, tolerance: float) -> None:
    expected, x = small_model(name), case(name).batch(2)
    model.set_weights(expected.get_weights())
    for one, other in zip(
        arrays(call(model, x)), arrays(call(expected, x)), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_channels_are_last_in_every_architecture(name: str) -> None:
    with keras_json("channels_first"):
        assert_same(name, registry.create(name, **case(name).small), 0.0)
        assert keras.config.image_data_format() == "channels_first"


@pytest.mark.parametrize("name", NAMES)
def test_another_floatx_changes_no_architecture(name: str) -> None:
    with keras_json(floatx="float64"):
        assert_same(name, make(name), 1e-4)
    with keras_json(floatx="float16"):
        with pytest.warns(UserWarning, match="floatx is float16"):
            model = make(name)
        assert keras.config.dtype_policy().name == keras.config.floatx() == "float16"
        assert {v.dtype for v in model.weights if "int" not in v.dtype} == {"float32"}
    assert_same(name, model, 0.0)


@pytest.mark.parametrize("layer", LAYERS)
def test_channels_are_last_in_every_layer(layer: Case) -> None:
    length = layer.lengths[-1]
    x, outputs = layer.inputs(2, length), []
    for data_format in ("channels_last", "channels_first"):
        with keras_json(data_format):
            model = layer.as_model(length)
            randomise(model)
            outputs.append(keras.ops.convert_to_numpy(model(x, training=False)))
    np.testing.assert_array_equal(*outputs)


def test_a_builder_that_knows_nothing_of_it(own_architectures: None) -> None:
    def plain(
        *, sequence_length: int | None = None, num_outputs: int = 1
    ) -> keras.Model:
        inputs = keras.Input((sequence_length, 4))
        x = keras.layers.Conv1D(3, 5)(inputs)
        x = keras.layers.GlobalMaxPooling1D()(x)
        return keras.Model(inputs, keras.layers.Dense(num_outputs, name="head_x")(x))

    registry.register("settings_plain")(plain)
    with keras_json("channels_first"):
        model = zoo.create("settings_plain")
    assert tuple(model.layers[1].kernel.shape) == (5, 4, 3)


def test_a_policy_that_was_asked_for_stays() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        with keras_json("channels_first"):
            keras.config.set_dtype_policy("float16")
            model = zoo.create("shallow_wide")
        assert model.get_layer("stem_conv").compute_dtype == "float16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_threads_do_not_put_it_back_for_each_other() -> None:
    inside, leave, seen = threading.Event(), threading.Event(), []

    def other() -> None:
        with settings_for_sequences():
            inside.set()
            leave.wait(10)
            seen.append(keras.config.image_data_format())

    with keras_json("channels_first"):
        thread = threading.Thread(target=other)
        with settings_for_sequences():
            thread.start()
            inside.wait(10)
        leave.set()
        thread.join(10)
        assert seen == ["channels_last"]
        assert keras.config.image_data_format() == "channels_first"


def test_commands_set_it_for_their_process() -> None:
    with keras_json("channels_first", "bfloat16"):
        quiet_import()
        assert keras.config.image_data_format() == "channels_last"
        assert keras.config.floatx() == "float32"


def test_releases_verify_under_any_keras_json() -> None:
    half = pytest.warns(UserWarning, match="floatx is float16")
    with keras_json("channels_first", "float16"), half:
        assert verify("rc_dilated_v1").passed


def takes_data_format(function: str) -> bool:
    """Of `layers.NAME` or `ops.NAME`, whether Keras would look into keras.json."""
    room, _, name = function.removeprefix("keras.").partition(".")
    if room not in ("layers", "ops") or not name.isidentifier():
        return False
    found = getattr(getattr(keras, room), name, None)
    return found is not None and "data_format" in inspect.signature(found).parameters


def test_no_layer_asks_keras_json() -> None:
    """What takes `data_format` gets it, most simply by `zoo.layers.channels_last`."""
    asking = [
        f"{path.relative_to(TOP)}:{node.lineno}: {ast.unparse(node.func)}"
        for path in TOP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and takes_data_format(ast.unparse(node.func))
        and "data_format" not in {keyword.arg for keyword in node.keywords}
    ]
    assert asking == []


def test_the_check_above_sees_what_asks() -> None:
    assert takes_data_format("layers.Conv1D") and takes_data_format("ops.max_pool")
    assert not takes_data_format("layers.Dense") and not takes_data_format("ops.add")
    assert not takes_data_format("channels_last.Conv1D")
