import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.interpretation.motifs.strategies import backgrounds
from zoo.errors import InputError
from zoo.interpretation.motifs import UNIFORM, simulate_background


@given(backgrounds(), st.integers(0, 1000))
def test_frequencies_are_those_asked_for(q, seed):
    codes = simulate_background(40, 500, background=q, seed=seed)
    assert (codes.shape, codes.dtype) == ((40, 500), np.uint8)
    found = np.bincount(codes.reshape(-1), minlength=4) / codes.size
    error = np.sqrt(q * (1 - q) / codes.size)
    assert (np.abs(found - q) < 5.5 * error).all()


def test_neighbors_are_independent():
    codes = simulate_background(1, 400_000, seed=1)[0]
    pairs = np.bincount(4 * codes[:-1] + codes[1:], minlength=16) / (codes.size - 1)
    np.testing.assert_allclose(pairs, 1 / 16, atol=5 * np.sqrt(1 / 16 / codes.size))


def test_seeds():
    one, same, other = (simulate_background(3, 50, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert sum(UNIFORM) == 1


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (-1, 10)])
def test_no_sequences(size):
    with pytest.raises(InputError, match="at least one sequence"):
        simulate_background(*size)
