from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.zoo.strategies import any_pairing
from zoo.layers import RCBatchNormalization, pairings

numbers = keras.ops.convert_to_numpy
PAIRINGS = st.one_of(
    st.integers(1, 4).map(lambda half: (None, 2 * half)),
    any_pairing().map(lambda pairing: (pairing, len(pairing))),
)
sizes = {
    "drawn": PAIRINGS,
    "seed": st.integers(0, 2**16),
    "size": st.integers(2, 5),
    "length": st.integers(3, 9),
}


def batch(seed: int, size: int, length: int, channels: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    location = generator.normal(size=channels) * 3
    return (generator.normal(size=(size, length, channels)) * 2 + location).astype("f4")


def other_strand(x: np.ndarray, pairing: tuple[int, ...] | None) -> np.ndarray:
    partners = pairing or pairings.reversal(x.shape[2])
    return np.ascontiguousarray(x[:, ::-1, list(partners)])


@settings(max_examples=20)
@given(**sizes)
def test_it_is_keras_on_the_batch_of_both_strands(drawn, seed, size, length) -> None:
    pairing, channels = drawn
    x = batch(seed, size, length, channels)
    ours = RCBatchNormalization(pairing=pairing)
    peer = keras.layers.BatchNormalization()
    both = np.concatenate([x, other_strand(x, pairing)])
    expected = numbers(peer(both, training=True))[:size]
    received = numbers(ours(x, training=True))
    np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-3)
    partners = pairing or pairings.reversal(channels)
    learned = [c for c, p in enumerate(partners) if c < p]
    learned += [c for c, p in enumerate(partners) if c == p]
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(
            numbers(getattr(ours, name)),
            numbers(getattr(peer, name))[learned],
            rtol=1e-4,
            atol=1e-5,
        )
    # The updated moving statistics are what inference uses.
    np.testing.assert_allclose(
        numbers(ours(x, training=False)),
        numbers(peer(x, training=False)),
        rtol=1e-3,
        atol=1e-3,
    )


@settings(max_examples=10)
@given(**sizes)
def test_it_commutes_in_training(drawn, seed, size, length) -> None:
    pairing, channels = drawn
    x = batch(seed, size, length, channels)
    forward, reverse = (
        numbers(RCBatchNormalization(pairing=pairing)(each, training=True))
        for each in (x, other_strand(x, pairing))
    )
    expected = other_strand(forward, pairing)
    np.testing.assert_allclose(reverse, expected, rtol=1e-3, atol=1e-4)


def test_a_frozen_layer_infers() -> None:
    layer, x = RCBatchNormalization(), batch(0, 4, 5, 4)
    layer.build(x.shape)
    layer.trainable = False
    np.testing.assert_array_equal(
        numbers(layer(x, training=True)), numbers(layer(x, training=False))
    )
    np.testing.assert_array_equal(numbers(layer.moving_mean), 0)


def test_odd_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        RCBatchNormalization()(np.zeros((2, 3, 3), "f4"))
