from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.zoo.layers.augmented import is_binomial, random_codes, train
from zoo.layers import RandomShift

# All different, so that a shift can be read off a row; the layer does not mind.
PLACES = np.arange(1, 31, dtype="int32")


def shifted(row: np.ndarray, shift: int, fill: float) -> np.ndarray:
    """NumPy's own: x'[i] = x[i - shift]."""
    result = np.full_like(row, fill)
    kept = np.arange(len(row)) - shift
    inside = (kept >= 0) & (kept < len(row))
    result[inside] = row[kept[inside]]
    return result


def shift_of(row: np.ndarray, fill: float, largest: int) -> int:
    """The only shift of the numbered places that gives this row."""
    fits = [
        s
        for s in range(-largest, largest + 1)
        if np.array_equal(shifted(PLACES, s, fill), row)
    ]
    assert len(fits) == 1, row
    return fits[0]


def test_every_sequence_is_a_shift_and_shifts_are_uniform() -> None:
    x = train(RandomShift(3, seed=0), np.tile(PLACES, (3500, 1)))
    shifts = np.array([shift_of(row, 4, 3) for row in x])
    for shift in range(-3, 4):
        assert is_binomial((shifts == shift).sum(), len(shifts), 1 / 7)


def test_a_circular_molecule() -> None:
    x = train(RandomShift(29, fill_mode="wrap", seed=0), np.tile(PLACES, (900, 1)))
    starts = x[:, 0]
    for row, start in zip(x, starts, strict=True):
        np.testing.assert_array_equal(row, np.roll(PLACES, 1 - start))
    assert set(starts) == set(PLACES)


@pytest.mark.parametrize("target_fill_value", [None, -1.0])
def test_base_resolution_targets_move_along(target_fill_value: float | None) -> None:
    codes = np.tile(PLACES, (50, 1))
    profile = np.stack([codes, -codes], axis=-1).astype("float32")
    layer = RandomShift(
        4, base_resolution=True, target_fill_value=target_fill_value, seed=0
    )
    x, y = map(keras.ops.convert_to_numpy, layer((codes, profile), training=True))
    fill = np.nan if target_fill_value is None else target_fill_value
    for bases, track in zip(x, y, strict=True):
        shift = shift_of(bases, 4, 4)
        for channel, sign in ((0, 1), (1, -1)):
            expected = shifted((sign * PLACES).astype("float32"), shift, fill)
            np.testing.assert_array_equal(track[:, channel], expected)


def test_whole_numbers_have_no_nan() -> None:
    layer = RandomShift(2, base_resolution=True)
    with pytest.raises(ValueError, match="target_fill_value"):
        layer((random_codes(2, 9), np.zeros((2, 9), "int32")), training=True)


def test_no_shift() -> None:
    codes = random_codes(5, 9)
    np.testing.assert_array_equal(train(RandomShift(0), codes), codes)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="max_shift of at least 0"):
        RandomShift(-1)
    with pytest.raises(ValueError, match="Expected fill_mode to be one of"):
        RandomShift(1, fill_mode="reflect")
    with pytest.raises(ValueError, match="smaller than the sequences are long"):
        RandomShift(9)(random_codes(2, 9))
