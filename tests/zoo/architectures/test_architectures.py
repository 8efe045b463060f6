"""The contract of every architecture that this distribution registers."""

from __future__ import annotations

import ast
import inspect
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import registry
import zoo
from tests.tracing import compile_once
from tests.zoo.architectures.contract import (
    CASES,
    NAMES,
    arrays,
    call,
    case,
    defaults,
    make,
    shapes_of,
    small_model,
)
from zoo.models.creation import origin
from zoo.models.precision import in_float32
from zoo.models.weights import addresses, load_weights, save_weights

every_architecture = pytest.mark.parametrize("name", NAMES)


def variable_shapes(model: keras.Model) -> dict[str, tuple[int, ...]]:
    return {address: tuple(v.shape) for address, v in addresses(model).items()}


def assert_equal(received: Any, expected: Any, **tolerance: float) -> None:
    assert shapes_of(received) == shapes_of(expected)
    for one, other in zip(arrays(received), arrays(expected), strict=True):
        np.testing.assert_allclose(one, other, **({"rtol": 0, "atol": 0} | tolerance))


def test_each_case_belongs_to_an_architecture() -> None:
    assert {path.stem for path in CASES.glob("*.py")} <= set(NAMES)
    assert len(NAMES) >= 5


@every_architecture
def test_arguments_are_keyword_only_and_json(name: str) -> None:
    parameters = inspect.signature(registry.builder(name)).parameters.values()
    assert {p.kind for p in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    assert all(p.default is not inspect.Parameter.empty for p in parameters)
    assert {"sequence_length", "num_outputs"} <= defaults(name).keys()
    config = defaults(name) | case(name).small
    restored = json.loads(json.dumps(config))
    assert variable_shapes(zoo.create(name, **restored)) == (
        variable_shapes(small_model(name))
    )


@every_architecture
def test_arguments_may_be_numpys(name: str) -> None:
    def numpys(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            whole = value and all(type(each) is int for each in value)
            return np.array(value) if whole else type(value)(map(numpys, value))
        number = isinstance(value, bool | int | float | str)
        return np.array(value)[()] if number else value

    config = defaults(name) | case(name).small
    model = zoo.create(name, **{key: numpys(value) for key, value in config.items()})
    assert variable_shapes(model) == variable_shapes(small_model(name))
    made = origin(model)
    assert made is not None
    assert json.loads(json.dumps(made.config)) == json.loads(json.dumps(config))


@every_architecture
def test_default_arguments_build(name: str) -> None:
    model, arguments = zoo.create(name), defaults(name)
    assert model.name == name
    length = arguments["sequence_length"]
    inputs = {tensor.name: tuple(tensor.shape) for tensor in model.inputs}
    assert inputs["sequence"] == (None, length, 4)
    expected = case(name).shapes(None, length, arguments["num_outputs"])
    assert shapes_of(model.output) == expected


@every_architecture
def test_one_file_one_public_function_one_screen(name: str) -> None:
    target = registry.find_architecture(name).target
    spec = find_spec(target.partition(":")[0])
    assert spec is not None and spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text())
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    assert [node.name for node in public] == [name]
    assert ast.get_docstring(public[0])
    assert public[0].end_lineno is not None
    assert public[0].end_lineno - public[0].body[1].lineno <= 50


@every_architecture
def test_names_are_explicit(name: str) -> None:
    # Keras numbers automatic names up within a session, so they would differ.
    first, second = small_model(name), make(name)
    assert list(addresses(first)) == list(addresses(second))
    assert [la.name for la in first.layers] == [la.name for la in second.layers]
    assert any(layer.name.startswith("head_") for layer in first.layers)


@every_architecture
def test_outputs_are_logits(name: str) -> None:
    expected, length = case(name), case(name).sequence_length
    model = make(name, num_outputs=3, sequence_length=length)
    sequence = next(t for t in model.inputs if t.name == "sequence")
    assert tuple(sequence.shape) == (None, length, 4)
    assert shapes_of(model.output) == expected.shapes(None, length, 3)
    assert shapes_of(call(model, expected.batch(2))) == expected.shapes(2, length, 3)
    linear = keras.activations.linear
    for output in arrays(model.output):
        layer = output._keras_history.operation
        assert getattr(layer, "activation", linear) is linear


@every_architecture
def test_takes_any_length_or_says_why_not(name: str) -> None:
    this = case(name)
    try:
        model = make(name, sequence_length=None)
    except ValueError as error:
        # Only an architecture with a fixed default may need one.
        assert defaults(name)["sequence_length"] is not None, error
        assert "sequence_length" in str(error)
        assert "Received: " in str(error)
        return
    for length in (this.sequence_length, this.sequence_length + 21):
        outputs = call(model, this.batch(2, length))
        num_outputs = (defaults(name) | this.small)["num_outputs"]
        assert shapes_of(outputs) == this.shapes(2, length, num_outputs)


@every_architecture
def test_round_trips_keep_predictions(name: str, tmp_path: Path) -> None:
    model, x = small_model(name), case(name).batch(2)
    again = keras.Model.from_config(model.get_config())
    save_weights(model, tmp_path / "w.h5")
    load_weights(again, tmp_path / "w.h5")
    assert_equal(call(again, x), call(model, x))
    for file in ("whole.h5", "whole.keras"):
        model.save(tmp_path / file)
        assert_equal(call(keras.saving.load_model(tmp_path / file), x), call(model, x))


@every_architecture
def test_mixed_precision_gives_float32_logits(name: str) -> None:
    x, expected = case(name).batch(2), small_model(name)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make(name)
    finally:
        keras.config.set_dtype_policy("float32")
    model.set_weights(expected.get_weights())
    assert_equal(call(in_float32(model), x), call(expected, x))
    assert {layer.compute_dtype for layer in model.layers} >= {"bfloat16"}
    for output in arrays(model(x, training=False)):
        assert keras.backend.standardize_dtype(output.dtype) == "float32"
    assert_equal(call(model, x), call(expected, x), atol=0.05, rtol=0.05)


@every_architecture
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a TensorFlow test")
def test_xla_gives_the_same(name: str) -> None:
    import tensorflow as tf

    model, x = small_model(name), case(name).batch(2)
    compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
    outputs = keras.tree.map_structure(lambda t: t.numpy(), compiled(x))
    assert_equal(outputs, call(model, x), rtol=1e-4, atol=1e-5)


@every_architecture
def test_it_learns(name: str) -> None:
    """Learns which sequences hold TATAAA: every weight moves, the loss falls."""
    keras.utils.set_random_seed(0)
    this = case(name)
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (64, this.sequence_length))
    labels = np.arange(64) % 2
    codes[labels == 1, 15:21] = [3, 0, 3, 0, 0, 0]
    x = this.inputs(np.eye(4, dtype="f4")[codes])
    y = this.targets(labels[:, None].astype("f4"))
    rates = {a: 0.0 for a in defaults(name) if a.split("_")[-1] == "dropout"}
    model = make(name, **rates)
    before = [w.copy() for w in model.get_weights()]
    compile_once(model, keras.optimizers.Adam(this.learning_rate), this.loss())
    history = model.fit(x, y, epochs=this.epochs, batch_size=32, verbose=0).history
    assert history["loss"][-1] < this.loss_ratio * history["loss"][0]
    still = [
        address
        for address, old, new in zip(
            addresses(model), before, model.get_weights(), strict=True
        )
        if np.array_equal(old, new)
    ]
    frozen = [a for a in addresses(model) if this.frozen and a.startswith(this.frozen)]
    assert still == frozen


@pytest.mark.parametrize(
    ("name", "config"),
    [(name, config) for name in NAMES for config in case(name).variants],
)
def test_variants_build_predict_and_save(
    name: str, config: dict, tmp_path: Path
) -> None:
    model = make(name, **config)
    length = config.get("sequence_length")
    outputs = call(model, case(name).batch(2, length))
    for output, symbolic in zip(arrays(outputs), arrays(model.output), strict=True):
        known = [(n, s) for n, s in zip(output.shape, symbolic.shape, strict=True) if s]
        assert all(n == s for n, s in known)
        assert np.isfinite(output).all()
    model.save(tmp_path / "whole.h5")
    keras.saving.load_model(tmp_path / "whole.h5")


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        (name, config, message)
        for name in NAMES
        for config, message in case(name).errors
    ],
)
def test_impossible_configs_are_explained(
    name: str, config: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(name, **config)


@every_architecture
def test_unknown_arguments_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match="no_such_argument"):
        zoo.create(name, no_such_argument=3)


def test_profile_bins_fill_the_cropped_length() -> None:
    shape = {"sequence_length": 2048, "bin_size": 16, "cropping": 512}
    model = zoo.create("hierarchical_dilated", num_outputs=2, filters=4, **shape)
    assert model.output_shape == (None, 64, 2)


def test_strides_and_pools_halve_each_stage() -> None:
    for downsampling in ("max_pooling", "strided_convolution"):
        model = zoo.create("deep_narrow", sequence_length=41, downsampling=downsampling)
        assert model.get_layer("pool").input.shape[1] == 6  # 41 -> 21 -> 11 -> 6
