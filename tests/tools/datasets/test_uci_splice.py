from pathlib import Path

import numpy as np
import pytest

from tools.datasets import uci_splice
from tools.datasets.tables import DatasetError
from zoo import samples
from zoo.dna import decode


def splits(seed):
    dataset = uci_splice.load(Path("unused"), seed)
    return dataset, (dataset.train, dataset.validation, dataset.test)


def test_each_row_is_in_one_split_with_its_class():
    dataset, parts = splits(0)
    found = [
        (decode(codes), dataset.output_names[target.argmax()])
        for part in parts
        for codes, target in zip(part.codes, part.targets, strict=True)
    ]
    assert sorted(found) == sorted(zip(*samples.splice_junctions(), strict=True))
    for part, share in zip(parts, (0.8, 0.1, 0.1), strict=True):
        assert (part.targets.sum(axis=1) == 1).all()
        classes = part.targets.mean(axis=0)
        assert classes == pytest.approx([767 / 3186, 765 / 3186, 1654 / 3186], abs=0.04)
        assert len(part) == pytest.approx(share * 3186, rel=0.1)


def test_equal_sequences_are_on_one_side():
    _, parts = splits(1)
    train, validation, test = ({decode(c) for c in part.codes} for part in parts)
    assert not train & validation and not train & test and not validation & test


def test_the_seed_decides():
    first, again, other = (splits(seed)[0].test.codes for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_refuses_other_counts():
    with pytest.raises(DatasetError, match="ei 767 instead of 768"):
        uci_splice.load(Path("unused"), 0, uci_splice.COUNTS | {"ei": 768})
