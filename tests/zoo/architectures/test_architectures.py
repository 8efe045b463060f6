"""The contract of every architecture that this distribution registers."""

from __future__ import annotations

import ast
import inspect
import json
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

import registry
import zoo
from zoo.weights import addresses, load_weights, save_weights

NAMES = sorted(a.name for a in registry.list_architectures() if a.provider == "seqzoo")
every_architecture = pytest.mark.parametrize("name", NAMES)
# Each takes one downsampling, pooling or encoding by default; these are the others.
VARIANTS = {
    "deep_narrow": [
        {"downsampling": "strided_convolution"},
        {"pooling": "flatten", "sequence_length": 40},
    ],
    "hierarchical_dilated": [
        {"bin_size": 8, "cropping": 8, "sequence_length": 40, "num_outputs": 2}
    ],
    "kmer": [{"encoding": "one_hot", "k": 3}],
    "shallow_wide": [{"pooling": "average", "units": 0}],
    "rc_dilated": [{"pooling": "average", "dilation_rates": [1, 2]}],
}


def one_hot(batch: int, length: int, seed: int = 0) -> np.ndarray:
    codes = np.random.default_rng(seed).integers(0, 5, (batch, length))
    return np.eye(5, dtype="f4")[codes][..., :4]


def call(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(model(x, training=False)))


@every_architecture
def test_arguments_are_keyword_only_and_json(name: str) -> None:
    parameters = inspect.signature(registry.builder(name)).parameters.values()
    assert {p.kind for p in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    defaults = {p.name: p.default for p in parameters}
    assert {"sequence_length", "num_outputs"} <= defaults.keys()
    restored = json.loads(json.dumps(defaults))
    assert addresses(zoo.create(name, **restored)).keys() == (
        addresses(zoo.create(name)).keys()
    )


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
    assert public[0].end_lineno is not None
    assert public[0].end_lineno - public[0].body[1].lineno <= 50


@every_architecture
def test_names_are_explicit(name: str) -> None:
    # Keras numbers automatic names up within a session, so they would differ.
    first, second = zoo.create(name), zoo.create(name)
    assert list(addresses(first)) == list(addresses(second))
    assert [la.name for la in first.layers] == [la.name for la in second.layers]
    assert any(layer.name.startswith("head_") for layer in first.layers)


@every_architecture
def test_any_length_gives_logits(name: str) -> None:
    model = zoo.create(name, num_outputs=3)
    for length in (40, 61):
        assert call(model, one_hot(2, length)).shape == (2, 3)
    fixed = zoo.create(name, num_outputs=3, sequence_length=40)
    assert fixed.input_shape == (None, 40, 4)
    assert fixed.output_shape == (None, 3)
    assert model.layers[-1].activation is keras.activations.linear


@every_architecture
def test_round_trips_keep_predictions(name: str, tmp_path: Path) -> None:
    model, x = zoo.create(name), one_hot(2, 40)
    again = keras.Model.from_config(model.get_config())
    save_weights(model, tmp_path / "w.h5")
    load_weights(again, tmp_path / "w.h5")
    np.testing.assert_array_equal(call(again, x), call(model, x))


@every_architecture
def test_mixed_precision_gives_float32_logits(name: str) -> None:
    x, expected = one_hot(2, 40), zoo.create(name)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = zoo.create(name)
    finally:
        keras.config.set_dtype_policy("float32")
    model.set_weights(expected.get_weights())
    logits = model(x)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    np.testing.assert_allclose(call(model, x), call(expected, x), atol=0.05)


@every_architecture
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a TensorFlow test")
def test_xla_gives_the_same(name: str) -> None:
    import tensorflow as tf

    model, x = zoo.create(name), one_hot(2, 40)
    compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
    np.testing.assert_allclose(compiled(x), call(model, x), rtol=1e-4, atol=1e-5)


@every_architecture
def test_it_learns(name: str) -> None:
    """Learns which sequences hold TATAAA: every weight moves, the loss falls."""
    keras.utils.set_random_seed(0)
    codes = np.random.default_rng(0).integers(0, 4, (64, 40))
    labels = np.arange(64) % 2
    codes[labels == 1, 15:21] = [3, 0, 3, 0, 0, 0]
    x, y = np.eye(4, dtype="f4")[codes], labels[:, None].astype("f4")
    model = zoo.create(name, dropout=0.0)
    before = [w.copy() for w in model.get_weights()]
    model.compile(
        keras.optimizers.Adam(3e-3), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    losses = model.fit(x, y, epochs=12, batch_size=32, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    still = [
        address
        for address, old, new in zip(
            addresses(model), before, model.get_weights(), strict=True
        )
        if np.array_equal(old, new)
    ]
    assert still == []


@pytest.mark.parametrize(
    ("name", "config"),
    [(name, config) for name in NAMES for config in VARIANTS.get(name, [])],
)
def test_variants_build_and_predict(name: str, config: dict) -> None:
    model = zoo.create(name, **config)
    logits = call(model, one_hot(2, 40))
    assert logits.shape == (2, *model.output_shape[1:])
    assert np.isfinite(logits).all()


def test_profile_bins_fill_the_cropped_length() -> None:
    shape = {"sequence_length": 2048, "bin_size": 16, "cropping": 512}
    model = zoo.create("hierarchical_dilated", num_outputs=2, filters=4, **shape)
    assert model.output_shape == (None, 64, 2)


def test_strides_and_pools_halve_each_stage() -> None:
    for downsampling in ("max_pooling", "strided_convolution"):
        model = zoo.create("deep_narrow", sequence_length=41, downsampling=downsampling)
        assert model.get_layer("pool").input.shape[1] == 6  # 41 -> 21 -> 11 -> 6


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("hierarchical_dilated", {"dilation_rates": [2, 4]}, "skip the bases"),
        ("rc_dilated", {"dilation_rates": [2]}, "skip the bases"),
        ("rc_dilated", {"dilation_rates": []}, "must begin with 1"),
        ("rc_dilated", {"filters": 7}, "even number of filters"),
        ("rc_dilated", {"kernel_size": 4}, "odd kernel_size"),
        ("rc_dilated", {"pooling": "flatten"}, "invariant"),
        ("deep_narrow", {"depth": 1}, "at least four"),
        ("deep_narrow", {"pooling": "flatten"}, "fixed sequence_length"),
        ("deep_narrow", {"downsampling": "none"}, "max_pooling"),
        ("shallow_wide", {"pooling": "min"}, "pooling must be one of"),
        ("kmer", {"encoding": "bytes"}, "encoding must be"),
        ("kmer", {"encoding": "one_hot", "k": 7}, "k=7"),
        ("hierarchical_dilated", {"bin_size": 16}, "needs a sequence_length"),
        (
            "hierarchical_dilated",
            {"bin_size": 16, "sequence_length": 100},
            "multiple of bin_size",
        ),
        (
            "hierarchical_dilated",
            {"bin_size": 16, "sequence_length": 32, "cropping": 16},
            "positive",
        ),
    ],
)
def test_impossible_configs_are_explained(
    name: str, config: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(name, **config)


def test_unknown_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="filter"):
        zoo.create("kmer", filter=3)
