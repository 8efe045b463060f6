from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.zoo.layers.augmented import is_binomial, one_hot_of, random_codes, train
from zoo import dna
from zoo.layers import RandomReverseComplement, SwapStrands


def turned(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Which rows are the other strand; every row is one of the two."""
    other = (after == dna.reverse_complement_codes(before)).all(axis=1)
    assert (other | (after == before).all(axis=1)).all()
    return other


@pytest.mark.parametrize("rate", [0.5, 0.1])
def test_each_sequence_is_turned_at_its_rate(rate: float) -> None:
    codes = random_codes(4000, 31)
    mask = turned(codes, train(RandomReverseComplement(rate, seed=0), codes))
    assert is_binomial(mask.sum(), len(mask), rate)
    # Neighbours are independent: both turned as often as chance has it.
    pairs = mask.reshape(-1, 2).all(axis=1)
    assert is_binomial(pairs.sum(), len(pairs), rate**2)


@pytest.mark.parametrize(("rate", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_never_and_always(rate: float, share: float) -> None:
    codes = random_codes(100, 31)
    assert turned(codes, train(RandomReverseComplement(rate), codes)).mean() == share


def test_targets_share_the_coin() -> None:
    codes = random_codes(200, 31)
    profile = np.random.default_rng(1).normal(size=(200, 31, 3)).astype("float32")
    layer = RandomReverseComplement(pairing=(1, 0, 2), seed=0)
    x, y = map(keras.ops.convert_to_numpy, layer((codes, profile), training=True))
    mask = turned(codes, x)
    assert 0 < mask.sum() < 200
    np.testing.assert_array_equal(y[~mask], profile[~mask])
    np.testing.assert_array_equal(y[mask], profile[mask][:, ::-1][..., [1, 0, 2]])


def test_pooled_targets_swap_channels_only() -> None:
    codes, counts = random_codes(50, 31), np.arange(100, dtype="int32").reshape(50, 2)
    layer = RandomReverseComplement(1.0, pairing=(1, 0))
    _, y = layer((codes, counts), training=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), counts[:, ::-1])


def test_the_mask_says_which() -> None:
    codes = random_codes(100, 31)
    layer = RandomReverseComplement(return_mask=True, seed=0)
    x, mask = map(keras.ops.convert_to_numpy, layer(codes, training=True))
    np.testing.assert_array_equal(mask, turned(codes, x))
    assert 0 < mask.sum() < 100
    x, mask = map(keras.ops.convert_to_numpy, layer(codes, training=False))
    np.testing.assert_array_equal(x, codes)
    assert mask.shape == (100,) and not mask.any()


def test_predictions_turned_back_meet_the_targets_of_the_sequence() -> None:
    """An equivariant function between layer and SwapStrands says what it says alone."""
    inputs = keras.layers.Input((None, 4))
    x, mask = RandomReverseComplement(return_mask=True, seed=0)(inputs)
    # One-hot itself is an equivariant profile, in which A and T, C and G swap.
    model = keras.Model(inputs, SwapStrands((3, 2, 1, 0))(x, mask))
    one_hot = one_hot_of(random_codes(40, 15))
    np.testing.assert_array_equal(train(model, one_hot), one_hot)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="rate must be a probability"):
        RandomReverseComplement(1.5)
    with pytest.raises(ValueError, match="taking the partner twice"):
        RandomReverseComplement(pairing=(1, 2, 0))
    with pytest.raises(ValueError, match="pass the sequences alone"):
        RandomReverseComplement(return_mask=True)(
            (random_codes(2, 9), np.zeros((2, 1))), training=True
        )
