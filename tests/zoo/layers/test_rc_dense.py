from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.zoo.strategies import any_pairing
from zoo.layers import RCConv1D, RCDense, pairings

numbers = keras.ops.convert_to_numpy


@settings(max_examples=12)
@given(
    of_output=any_pairing(),
    of_input=any_pairing(),
    rank=st.integers(2, 4),
    seed=st.integers(0, 2**16),
)
def test_it_is_the_definition_in_float64(of_output, of_input, rank, seed) -> None:
    keras.utils.set_random_seed(seed)
    units, channels = len(of_output), len(of_input)
    layer = RCDense(
        units, pairing=of_output, input_pairing=of_input, bias_initializer="normal"
    )
    shape = (2, 3, 4)[: rank - 1]
    x = np.random.default_rng(seed).normal(size=(*shape, channels)).astype("f4")
    y = numbers(layer(x))
    kernel = numbers(layer.tied_kernel())
    for c in range(channels):
        for o in range(units):
            assert kernel[of_input[c], of_output[o]] == kernel[c, o]
    bias = np.zeros(units)
    orbits = [o for o in range(units) if o < of_output[o]]
    orbits += [o for o in range(units) if o == of_output[o]]
    for o, value in zip(orbits, numbers(layer.bias), strict=True):
        bias[o] = bias[of_output[o]] = value
    expected = x.astype("f8") @ kernel.astype("f8") + bias
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    swapped = numbers(layer(np.ascontiguousarray(x[..., list(of_input)])))
    np.testing.assert_allclose(swapped, y[..., list(of_output)], rtol=1e-4, atol=1e-5)


def test_it_is_a_convolution_of_width_1_with_the_same_weights() -> None:
    pairing = pairings.palindromic(6, 2)
    dense = RCDense(6, pairing=pairing)
    conv = RCConv1D(6, 1, pairing=pairing)
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("f4")
    y = numbers(dense(x))
    conv.build(x.shape)
    conv.set_weights(dense.get_weights())
    np.testing.assert_allclose(numbers(conv(x)), y, rtol=1e-5, atol=1e-5)


def test_half_the_parameters_of_a_plain_layer() -> None:
    tied, plain = RCDense(8), keras.layers.Dense(8)
    for layer in (tied, plain):
        layer.build((None, 6))
    assert 2 * tied.count_params() == plain.count_params()


def test_it_can_follow_flatten() -> None:
    x = np.random.default_rng(0).normal(size=(2, 7, 4)).astype("f4")
    layer, flat = RCDense(6), keras.layers.Flatten()
    forward, reverse = (numbers(layer(flat(each))) for each in (x, x[:, ::-1, ::-1]))
    np.testing.assert_allclose(reverse, forward[:, ::-1], rtol=1e-4, atol=1e-5)
    pairing = (1, 0, 2, 3)
    layer = RCDense(6, input_pairing=pairings.flattened(pairing, 7))
    forward, reverse = (
        numbers(layer(flat(each))) for each in (x, x[:, ::-1, list(pairing)])
    )
    np.testing.assert_allclose(reverse, forward[:, ::-1], rtol=1e-4, atol=1e-5)


def test_plus_and_minus_swap() -> None:
    layer = RCDense(3, pairing=pairings.strand_outputs(1, 1))
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("f4")
    plus, minus, total = numbers(layer(x)).T
    other_plus, other_minus, other_total = numbers(layer(x[:, ::-1].copy())).T
    np.testing.assert_allclose(other_plus, minus, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(other_minus, plus, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(other_total, total, rtol=1e-5, atol=1e-6)
    assert np.abs(plus - minus).min() > 1e-3


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"even number of units.*units=3"):
        RCDense(3)
    with pytest.raises(ValueError, match=r"RCDense needs an even.*input_pairing="):
        RCDense(2)(np.zeros((1, 3), "f4"))
