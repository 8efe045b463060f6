from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.zoo.strategies import any_pairing
from zoo.architectures import blocks
from zoo.layers import RCConv1D, StrandPooling

numbers = keras.ops.convert_to_numpy


@settings(max_examples=12)
@given(
    pairing=any_pairing(),
    pooling=st.sampled_from(["average", "max"]),
    seed=st.integers(0, 2**16),
)
def test_it_is_the_definition(pairing, pooling, seed) -> None:
    x = np.random.default_rng(seed).normal(size=(2, 3, len(pairing))).astype("f4")
    channels = [c for c, p in enumerate(pairing) if c < p]
    channels += [c for c, p in enumerate(pairing) if c == p]
    both = np.stack([x[..., channels], x[..., np.array(pairing)[channels]]])
    expected = both.max(axis=0) if pooling == "max" else both.mean(axis=0)
    layer = StrandPooling(pooling, pairing=pairing)
    np.testing.assert_array_equal(numbers(layer(x)), expected)
    assert layer.compute_output_shape(x.shape) == expected.shape
    # On the other strand only the positions are reversed.
    reverse = numbers(layer(np.ascontiguousarray(x[:, ::-1, list(pairing)])))
    np.testing.assert_array_equal(reverse, expected[:, ::-1])
    pooled = numbers(layer(x[:, 0]))
    np.testing.assert_array_equal(pooled, expected[:, 0])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="pooling='sum'"):
        StrandPooling("sum")
    with pytest.raises(ValueError, match="StrandPooling needs an even"):
        StrandPooling()(np.zeros((1, 3), "f4"))


@settings(max_examples=10)
@given(pairing=any_pairing(), seed=st.integers(0, 2**16))
def test_residual_addition_needs_no_layer_of_its_own(pairing, seed) -> None:
    """keras.layers.Add keeps the symmetry where both maps have one pairing."""
    inputs = keras.Input((None, len(pairing)))
    conv = RCConv1D(
        len(pairing), 3, padding="same", pairing=pairing, input_pairing=pairing
    )
    model = keras.Model(inputs, blocks.residual(conv(inputs), inputs, name="block"))
    assert type(model.get_layer("block_add")) is keras.layers.Add
    x = np.random.default_rng(seed).normal(size=(2, 9, len(pairing))).astype("f4")
    reverse = numbers(model(np.ascontiguousarray(x[:, ::-1, list(pairing)])))
    expected = numbers(model(x))[:, ::-1, list(pairing)]
    np.testing.assert_allclose(reverse, expected, rtol=1e-4, atol=1e-5)
