from __future__ import annotations

import numpy as np
import pytest

from tests.zoo.splits.related import examples, random_codes, relatives
from zoo.errors import InputError
from zoo.splits.folds import cross_validation
from zoo.splits.leaks import leakage

CODES = random_codes(200, 150)


@pytest.mark.parametrize("similarity", [None, 0.8])
def test_each_example_is_held_out_once_with_its_relatives(
    similarity: float | None,
) -> None:
    codes = np.concatenate([CODES, *relatives(CODES).values()])
    targets = (np.arange(len(codes)) % 200 % 4 == 0).astype(np.float32)[:, None]
    whole = examples(
        codes,
        targets=targets,
        outputs=("bound",),
        names=np.arange(len(codes)).astype(str),
    )
    found = cross_validation(whole, 4, seed=1, similarity=similarity)
    held_out = [int(n) for splits in found for n in splits.valid.names]
    assert sorted(held_out) == list(range(len(codes)))
    for splits in found:
        assert len(splits.train) + len(splits.valid) == len(codes)
        assert len(splits.test) == 0
        assert len(splits.valid) == pytest.approx(len(codes) / 4, rel=0.05)
        assert splits.valid.targets.mean() == pytest.approx(0.25, abs=0.03)
        if similarity is not None:
            assert leakage(splits.train, splits.valid).fraction < 0.005


def test_more_folds_than_groups_are_refused() -> None:
    same = examples(np.repeat(CODES[:2], 10, axis=0))
    with pytest.raises(InputError, match="2 groups of relatives"):
        cross_validation(same, 3, seed=0)
    with pytest.raises(InputError, match="at least 2 folds"):
        cross_validation(same, 1, seed=0)
