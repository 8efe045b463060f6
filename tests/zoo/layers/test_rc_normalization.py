"""Layer and group normalisation against their definitions in float64."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from tests.zoo.strategies import any_pairing
from zoo.layers import RCGroupNormalization, RCLayerNormalization

numbers = keras.ops.convert_to_numpy
EPSILON = 1e-3


def random_map(seed: int, channels: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    location, scale = generator.normal(size=channels) * 3, generator.uniform(1, 3)
    return (generator.normal(size=(2, 5, channels)) * scale + location).astype("f4")


def scale_and_offset(layer: Any, pairing: tuple[int, ...]) -> list[np.ndarray]:
    """Random gamma and beta for the layer, and for each channel."""
    generator = np.random.default_rng(len(pairing))
    orbits = [c for c, p in enumerate(pairing) if c < p]
    orbits += [c for c, p in enumerate(pairing) if c == p]
    found = []
    for weight in (layer.gamma, layer.beta):
        values = generator.normal(size=len(orbits)).astype("f4")
        weight.assign(values)
        each = np.zeros(len(pairing))
        for orbit, value in zip(orbits, values, strict=True):
            each[orbit] = each[pairing[orbit]] = value
        found.append(each)
    return found


def check_symmetry(layer: Any, x: np.ndarray, pairing: tuple[int, ...]) -> None:
    reverse = numbers(layer(np.ascontiguousarray(x[:, ::-1, list(pairing)])))
    expected = numbers(layer(x))[:, ::-1, list(pairing)]
    np.testing.assert_allclose(reverse, expected, rtol=1e-3, atol=1e-4)


@settings(max_examples=20)
@given(pairing=any_pairing(), seed=st.integers(0, 2**16))
def test_layer_normalisation_is_its_definition(pairing, seed) -> None:
    layer, x = RCLayerNormalization(pairing=pairing), random_map(seed, len(pairing))
    layer.build(x.shape)
    gamma, beta = scale_and_offset(layer, pairing)
    z = x.astype("f8")
    mean, variance = z.mean(axis=2, keepdims=True), z.var(axis=2, keepdims=True)
    expected = (z - mean) / np.sqrt(variance + EPSILON) * gamma + beta
    np.testing.assert_allclose(numbers(layer(x)), expected, rtol=1e-3, atol=1e-3)
    check_symmetry(layer, x, pairing)


def test_layer_normalisation_takes_pooled_features() -> None:
    layer = RCLayerNormalization()
    x = np.random.default_rng(0).normal(size=(3, 6)).astype("f4")
    reverse = numbers(layer(x[:, ::-1].copy()))
    np.testing.assert_allclose(
        reverse, numbers(layer(x))[:, ::-1], rtol=1e-4, atol=1e-5
    )


@settings(max_examples=30)
@given(pairing=any_pairing(), groups=st.integers(1, 8), seed=st.integers(0, 2**16))
def test_group_normalisation_is_its_definition_or_refused(
    pairing, groups, seed
) -> None:
    assume(len(pairing) % groups == 0)
    layer, x = (
        RCGroupNormalization(groups, pairing=pairing),
        random_map(seed, len(pairing)),
    )
    blocks = np.arange(len(pairing)).reshape(groups, -1)
    as_sets = [set(block) for block in blocks]
    if not all({pairing[c] for c in block} in as_sets for block in blocks):
        with pytest.raises(ValueError, match=r"partners of one group.*groups can be"):
            layer.build(x.shape)
        return
    layer.build(x.shape)
    gamma, beta = scale_and_offset(layer, pairing)
    z = x.astype("f8")
    expected = np.zeros(z.shape)
    for block in blocks:
        values = z[:, :, block]
        mean = values.mean(axis=(1, 2), keepdims=True)
        variance = values.var(axis=(1, 2), keepdims=True)
        expected[:, :, block] = (values - mean) / np.sqrt(variance + EPSILON)
    expected = expected * gamma + beta
    np.testing.assert_allclose(numbers(layer(x)), expected, rtol=1e-3, atol=1e-3)
    check_symmetry(layer, x, pairing)


@pytest.mark.parametrize("channels", [2, 6, 12])
def test_the_reversal_suits_all_groups_that_divide_the_channels(channels: int) -> None:
    for groups in (n for n in range(1, channels + 1) if channels % n == 0):
        RCGroupNormalization(groups).build((None, None, channels))


def test_an_error_names_the_groups_that_work() -> None:
    layer = RCGroupNormalization(2, pairing=(5, 4, 2, 3, 1, 0))
    with pytest.raises(ValueError, match=r"Group 0.*\[0, 1\].*can be \[1, 3, 6\]"):
        layer.build((None, None, 6))
    with pytest.raises(ValueError, match=r"divide the 6 channels.*\[1, 2, 3, 6\]"):
        RCGroupNormalization(4).build((None, None, 6))
    with pytest.raises(ValueError, match="groups=0"):
        RCGroupNormalization(0)


@pytest.mark.parametrize("make", [RCLayerNormalization, RCGroupNormalization])
def test_scale_and_offset_can_be_left_out(make: Any) -> None:
    arguments = {"groups": 2} if make is RCGroupNormalization else {}
    layer = make(center=False, scale=False, **arguments)
    layer.build((None, None, 4))
    assert layer.weights == []
    layer = make(**arguments)
    layer.build((None, None, 4))
    assert [tuple(w.shape) for w in layer.weights] == [(2,), (2,)]
