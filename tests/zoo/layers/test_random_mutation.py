from __future__ import annotations

import numpy as np
import pytest

from tests.zoo.layers.augmented import is_binomial, random_codes, train
from zoo.layers import RandomMutation


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_substitutions_are_as_frequent_as_said_and_uniform(rate: float) -> None:
    codes = random_codes(400, 25)
    mutated = train(RandomMutation(rate, seed=0), codes)
    assert is_binomial((mutated != codes).sum(), codes.size, rate)
    for old in range(4):
        new = mutated[codes == old]
        for base in set(range(4)) - {old}:
            assert is_binomial((new == base).sum(), new.size, rate / 3)
    # Every position at its rate, so none is spared.
    for position in range(25):
        count = (mutated != codes)[:, position].sum()
        assert is_binomial(count, len(codes), rate)


def test_n_stays_n_and_nothing_becomes_n() -> None:
    codes = random_codes(100, 25, unknown=True)
    mutated = train(RandomMutation(1.0), codes)
    np.testing.assert_array_equal(mutated == 4, codes == 4)
    assert (mutated != codes)[codes != 4].all()


def test_no_rate_no_mutation() -> None:
    codes = random_codes(10, 25)
    np.testing.assert_array_equal(train(RandomMutation(0.0), codes), codes)


def test_a_rate_is_a_probability() -> None:
    with pytest.raises(ValueError, match="rate must be a probability"):
        RandomMutation(-0.1)
