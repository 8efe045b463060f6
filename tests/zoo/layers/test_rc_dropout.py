from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.zoo.strategies import any_pairing
from zoo.layers import RCDropout

numbers = keras.ops.convert_to_numpy


def dropped(x: np.ndarray, **arguments) -> np.ndarray:
    """What a new layer with that seed returns in training."""
    return numbers(RCDropout(**arguments)(np.ascontiguousarray(x), training=True))


@settings(max_examples=12)
@given(
    pairing=any_pairing(),
    length=st.integers(1, 8),
    rate=st.floats(0, 0.9),
    spatial=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_it_commutes_exactly_given_the_seed(
    pairing, length, rate, spatial, seed
) -> None:
    x = np.random.default_rng(seed).normal(size=(3, length, len(pairing))).astype("f4")
    arguments = {"rate": rate, "spatial": spatial, "pairing": pairing, "seed": seed}
    forward = dropped(x, **arguments)
    reverse = dropped(x[:, ::-1, list(pairing)], **arguments)
    np.testing.assert_array_equal(reverse, forward[:, ::-1, list(pairing)])
    kept = forward != 0
    np.testing.assert_allclose(forward[kept], x[kept] / (1 - rate), rtol=1e-5)
    if spatial:
        np.testing.assert_array_equal(kept, np.broadcast_to(kept[:, :1], kept.shape))
    pooled = dropped(x[:, 0], **arguments)
    swapped = dropped(x[:, 0, list(pairing)], **arguments)
    np.testing.assert_array_equal(swapped, pooled[:, list(pairing)])


def test_plain_dropout_does_not_commute() -> None:
    x = np.ones((1, 20, 4), "f4")
    forward = numbers(keras.layers.Dropout(0.5, seed=0)(x, training=True))
    assert not np.array_equal(forward, forward[:, ::-1, ::-1])


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_each_element_is_dropped_at_the_rate_and_pairs_independently(rate) -> None:
    """An odd length and a fixed point: there, an element is its own mirror image."""
    samples = 20_000
    pairing = (2, 1, 0)
    y = dropped(np.ones((samples, 3, 3), "f4"), rate=rate, pairing=pairing, seed=3)
    lost = (y == 0).reshape(samples, 9).astype("f8")
    deviation = np.sqrt(rate * (1 - rate) / samples)
    np.testing.assert_allclose(lost.mean(axis=0), rate, atol=5 * deviation)
    # Elements count positions, then channels; the mirror image of (i, c) is
    # (2 - i, 2 - c), which is number 8 - n.
    correlation = np.corrcoef(lost.T)
    for one in range(9):
        for other in range(9):
            mirrored = other in (one, 8 - one)
            assert correlation[one, other] == pytest.approx(
                float(mirrored), abs=5 / np.sqrt(samples)
            )


def test_outside_of_training_it_does_nothing() -> None:
    x = np.ones((2, 5, 4), "f4")
    np.testing.assert_array_equal(numbers(RCDropout(0.5)(x)), x)
    np.testing.assert_array_equal(numbers(RCDropout(0.5)(x, training=False)), x)
    np.testing.assert_array_equal(dropped(x, rate=0), x)


def test_masks_differ_between_calls_and_sequences() -> None:
    layer, x = RCDropout(0.5, seed=0), np.ones((2, 50, 4), "f4")
    one, other = (numbers(layer(x, training=True)) for _ in range(2))
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[0], one[1])


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"rate={rate}"):
        RCDropout(rate)
