from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.layers import RCBatchNormalization


def batch(seed: int, size: int, length: int, half: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    location = generator.normal(size=2 * half) * 3
    return (generator.normal(size=(size, length, 2 * half)) * 2 + location).astype("f4")


sizes = {
    "seed": st.integers(0, 2**16),
    "size": st.integers(2, 5),
    "length": st.integers(3, 9),
    "half": st.integers(1, 4),
}


@settings(deadline=None, max_examples=20)
@given(**sizes)
def test_it_is_keras_on_the_batch_of_both_strands(seed, size, length, half) -> None:
    x = batch(seed, size, length, half)
    ours, peer = RCBatchNormalization(), keras.layers.BatchNormalization()
    both = np.concatenate([x, x[:, ::-1, ::-1]])
    expected = np.asarray(peer(both, training=True))[:size]
    np.testing.assert_allclose(ours(x, training=True), expected, rtol=1e-3, atol=1e-3)
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(
            getattr(ours, name).numpy(),
            getattr(peer, name).numpy()[:half],
            rtol=1e-4,
            atol=1e-5,
        )
    # The updated moving statistics are what inference uses.
    np.testing.assert_allclose(
        ours(x, training=False), peer(x, training=False), rtol=1e-3, atol=1e-3
    )


@settings(deadline=None, max_examples=10)
@given(**sizes)
def test_it_commutes_in_training(seed, size, length, half) -> None:
    x = batch(seed, size, length, half)
    forward = np.asarray(RCBatchNormalization()(x, training=True))
    reverse = np.asarray(RCBatchNormalization()(x[:, ::-1, ::-1].copy(), training=True))
    np.testing.assert_allclose(reverse[:, ::-1, ::-1], forward, rtol=1e-3, atol=1e-4)


def test_a_frozen_layer_infers() -> None:
    layer, x = RCBatchNormalization(), batch(0, 4, 5, 2)
    layer.build(x.shape)
    layer.trainable = False
    np.testing.assert_array_equal(layer(x, training=True), layer(x, training=False))
    np.testing.assert_array_equal(layer.moving_mean.numpy(), 0)


def test_odd_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        RCBatchNormalization()(np.zeros((2, 3, 3), "f4"))
