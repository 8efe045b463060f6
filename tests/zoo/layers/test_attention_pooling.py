from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo.layers import AttentionPooling

special = pytest.importorskip("scipy.special")


def attention(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The equation, channel by channel, in float64."""
    heads, channels = kernel.shape[1], x.shape[-1]
    weights = special.softmax(x @ kernel, axis=-2)
    return np.stack(
        [
            (weights[..., c * heads // channels] * x[..., c]).sum(axis=-1)
            for c in range(channels)
        ],
        axis=-1,
    )


def layer_and_kernel(
    heads: int, channels: int, pool_size: int | None = None, scale: float = 1.0
) -> tuple[AttentionPooling, np.ndarray]:
    layer = AttentionPooling(num_heads=heads, pool_size=pool_size)
    layer.build((None, None, channels))
    kernel = np.random.default_rng(0).normal(0, scale, (channels, heads))
    layer.set_weights([kernel])
    return layer, kernel


@settings(max_examples=40)
@given(
    heads=st.sampled_from([1, 3]),
    share=st.sampled_from([1, 2]),
    length=st.sampled_from([1, 5, 13]),  # few: JAX compiles anew for each
    pool_size=st.sampled_from([None, 1, 5]),
    seed=st.integers(0, 99),
)
def test_it_is_the_equation(
    heads: int, share: int, length: int, pool_size: int | None, seed: int
) -> None:
    if pool_size is not None and pool_size > length:
        return
    layer, kernel = layer_and_kernel(heads, heads * share, pool_size)
    x = np.random.default_rng(seed).normal(size=(2, length, heads * share))
    received = keras.ops.convert_to_numpy(layer(x.astype("f4")))
    if pool_size is None:
        expected = attention(x, kernel)
    else:
        windows = length // pool_size
        kept = x[:, : windows * pool_size]
        expected = attention(kept.reshape(2, windows, pool_size, -1), kernel)
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)


def test_a_kernel_of_zeros_averages_and_a_sharp_one_picks_the_largest() -> None:
    x = np.random.default_rng(1).normal(size=(3, 30, 4)).astype("f4")
    average = AttentionPooling(kernel_initializer="zeros")(x)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(average), x.mean(axis=1), atol=1e-6
    )
    sharp = AttentionPooling(
        num_heads=4, kernel_initializer=keras.initializers.Identity(1e4)
    )(x)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(sharp), x.max(axis=1), atol=1e-4
    )


def test_masked_positions_do_not_count() -> None:
    layer, _ = layer_and_kernel(2, 4)
    x = np.random.default_rng(2).normal(size=(2, 9, 4)).astype("f4")
    mask = np.arange(9) < np.array([[9], [4]])
    received = keras.ops.convert_to_numpy(
        layer(x, mask=keras.ops.convert_to_tensor(mask))
    )
    alone = keras.ops.convert_to_numpy(layer(x[1:, :4]))
    np.testing.assert_allclose(received[1], alone[0], atol=1e-6)
    local, _ = layer_and_kernel(2, 4, pool_size=3)
    windows = local.compute_mask(x, keras.ops.convert_to_tensor(mask))
    assert keras.ops.convert_to_numpy(windows).tolist() == [
        [True, True, True],
        [True, True, False],
    ]


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_weighs_many_positions(dtype: str) -> None:
    """A weight of 1 / 100,000 is hardly a float16, and a sum of them is none."""
    layer = AttentionPooling(kernel_initializer="zeros", dtype=dtype)
    y = layer(np.ones((1, 100_000, 2), "f4"))
    received = keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))
    np.testing.assert_allclose(received, 1.0, rtol=2**-8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"num_heads": 0}, "at least 1"), ({"pool_size": 0}, "at least 1")],
)
def test_what_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AttentionPooling(**arguments)


def test_heads_share_the_channels() -> None:
    with pytest.raises(ValueError, match="must divide the channels"):
        AttentionPooling(num_heads=3).build((None, 10, 4))
