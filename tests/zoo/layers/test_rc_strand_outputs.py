from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo.layers import RCStrandOutputs

numbers = keras.ops.convert_to_numpy


@settings(max_examples=15)
@given(
    stranded=st.integers(0, 2),
    unstranded=st.integers(0, 2),
    half_width=st.integers(0, 3),
    length=st.integers(7, 12),
    padding=st.sampled_from(["same", "valid"]),
    seed=st.integers(0, 2**16),
)
def test_plus_and_minus_swap_and_positions_reverse(
    stranded, unstranded, half_width, length, padding, seed
) -> None:
    if stranded + unstranded == 0:
        with pytest.raises(ValueError, match="at least one output"):
            RCStrandOutputs(stranded, unstranded)
        return
    layer = RCStrandOutputs(
        stranded,
        unstranded,
        kernel_size=2 * half_width + 1,
        padding=padding,
        bias_initializer="normal",
    )
    x = np.random.default_rng(seed).normal(size=(2, length, 6)).astype("f4")
    forward = numbers(layer(x))
    reverse = numbers(layer(x[:, ::-1, ::-1].copy()))[:, ::-1]
    for signal in range(stranded):
        plus, minus = 2 * signal, 2 * signal + 1
        np.testing.assert_allclose(
            reverse[..., plus], forward[..., minus], rtol=1e-4, atol=1e-5
        )
        np.testing.assert_allclose(
            reverse[..., minus], forward[..., plus], rtol=1e-4, atol=1e-5
        )
        assert not np.allclose(forward[..., plus], forward[..., minus], atol=1e-3)
    np.testing.assert_allclose(
        reverse[..., 2 * stranded :],
        forward[..., 2 * stranded :],
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_minus_kernel_is_the_reverse_complement_of_the_plus_kernel() -> None:
    layer = RCStrandOutputs(1, 1, kernel_size=5)
    layer.build((None, None, 4))
    plus, minus, both = np.moveaxis(numbers(layer.tied_kernel()), 2, 0)
    np.testing.assert_array_equal(minus, plus[::-1, ::-1])
    np.testing.assert_array_equal(both, both[::-1, ::-1])


def test_its_config_is_in_its_own_words() -> None:
    layer = RCStrandOutputs(2, 1, kernel_size=3, input_pairing=(1, 0))
    config = layer.get_config()
    assert config["stranded"] == 2
    assert "filters" not in config
    again = RCStrandOutputs.from_config(config)
    assert again.get_config() == config
    assert again.pairing == layer.pairing == (1, 0, 3, 2, 4)
