from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from zoo.architectures import heads
from zoo.models.weights import load_weights, save_weights


def bpnet_heads(control: int | None = None) -> keras.Model:
    features = inputs = keras.Input((None, 6), name="features")
    extra = {}
    if control is not None:
        extra["control"] = keras.Input((None, control), name="control")
        inputs = [features, extra["control"]]
    outputs = {
        "profile": heads.profile_head(features, 2, kernel_size=5, **extra),
        "counts": heads.counts_head(features, 2, **extra),
    }
    return keras.Model(inputs, outputs)


def call(model: keras.Model, *x: np.ndarray) -> dict[str, np.ndarray]:
    received = model(list(x) if len(x) > 1 else x[0], training=False)
    return {name: ops.convert_to_numpy(value) for name, value in received.items()}


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape).astype("float32")


@pytest.mark.parametrize("length", [5, 40])
def test_profile_and_counts_by_hand(length: int) -> None:
    model, x = bpnet_heads(), random(3, length, 6)
    received = call(model, x)
    kernel, bias = model.get_layer("head_profile").get_weights()
    padded = np.pad(x, ((0, 0), (2, 2), (0, 0)))
    windows = np.stack([padded[:, i : i + 5] for i in range(length)], axis=1)
    expected = np.einsum("blkc,kco->blo", windows, kernel) + bias
    np.testing.assert_allclose(received["profile"], expected, atol=1e-5)
    kernel, bias = model.get_layer("head_counts").get_weights()
    expected = x.mean(axis=1) @ kernel + bias
    np.testing.assert_allclose(received["counts"], expected, atol=1e-5)


def test_control_signal_is_added() -> None:
    model, x, control = bpnet_heads(control=3), random(2, 20, 6), random(2, 20, 3)
    without = call(model, x, np.zeros_like(control))
    received = call(model, x, control)
    plain = bpnet_heads()
    for name in ("head_profile", "head_counts"):
        plain.get_layer(name).set_weights(model.get_layer(name).get_weights())
    for name, value in call(plain, x).items():
        np.testing.assert_allclose(without[name], value, atol=1e-6)
    (weights,) = model.get_layer("head_profile_control").get_weights()
    np.testing.assert_allclose(
        received["profile"] - without["profile"], control @ weights[0], atol=1e-5
    )
    (weights,) = model.get_layer("head_counts_control").get_weights()
    np.testing.assert_allclose(
        received["counts"] - without["counts"],
        np.log1p(control.sum(axis=1)) @ weights,
        atol=1e-5,
    )


@pytest.mark.parametrize("control", [None, 1])
def test_layers_with_weights_are_the_heads(control: int | None, tmp_path: Path) -> None:
    model = bpnet_heads(control)
    names = {layer.name for layer in model.layers if layer.weights}
    assert all(name.startswith("head_") for name in names) and len(names) in (2, 4)
    save_weights(model, tmp_path / "weights.h5")
    again = bpnet_heads(control)
    load_weights(again, tmp_path / "weights.h5")
    x = [random(1, 9, 6)] + ([random(1, 9, control)] if control else [])
    for name, value in call(model, *x).items():
        np.testing.assert_array_equal(call(again, *x)[name], value)


@pytest.mark.parametrize("units", [0, 3])
def test_head_gives_float32_logits_under_mixed_precision(units: int) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        features = keras.Input((7, 6))
        model = keras.Model(
            features,
            {
                "head": heads.head(features, 4, units=units, dropout=0.1),
                "profile": heads.profile_head(features, 2),
                "counts": heads.counts_head(features, 2),
            },
        )
    finally:
        keras.config.set_dtype_policy("float32")
    received = call(model, random(2, 7, 6))
    assert {value.dtype.name for value in received.values()} == {"float32"}
    assert received["head"].shape == (2, 7, 4)
    names = {layer.name for layer in model.layers if layer.weights}
    assert ("head_hidden" in names) == bool(units) and "head_logits" in names


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="kernel_size=4"):
        heads.profile_head(keras.Input((9, 6)), 2, kernel_size=4)
