from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.splits.related import examples, random_codes, relatives
from zoo.data.examples import Examples, Intervals
from zoo.errors import InputError
from zoo.splits.leaks import LeakageWarning, leakage
from zoo.splits.splits import (
    Splits,
    split_at_random,
    split_by_chromosome,
    split_by_column,
    split_by_homology,
)

CODES = random_codes(300, 150)


def numbered(codes: np.ndarray, **columns: object) -> Examples:
    return examples(codes, names=np.arange(len(codes)).astype(str), **columns)


def rows(part: Examples) -> list[int]:
    assert part.names is not None
    return [int(name) for name in part.names]


def is_partition(splits: Splits, size: int) -> bool:
    return sorted(i for part in splits for i in rows(part)) == list(range(size))


def test_relatives_stay_on_one_side() -> None:
    codes = np.concatenate([CODES, *relatives(CODES).values()])
    splits = split_by_homology(numbered(codes), seed=0)
    assert is_partition(splits, len(codes))
    for first, second in ((0, 1), (0, 2), (1, 2)):
        parts = list(splits)
        assert leakage(parts[first], parts[second]).fraction < 0.002
    sizes = np.array([len(part) for part in splits]) / len(codes)
    np.testing.assert_allclose(sizes, [0.8, 0.1, 0.1], atol=0.01)


def test_without_groups_equal_sequences_stay_together() -> None:
    kinds = relatives(CODES)
    codes = np.concatenate([CODES, kinds["equal"], kinds["reverse complement"]])
    splits = split_at_random(numbered(codes), seed=1)
    assert is_partition(splits, len(codes))
    for part in splits:
        _, counts = np.unique(np.array(rows(part)) % 300, return_counts=True)
        assert (counts == 3).all()


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=120),
    st.integers(0, 100),
    st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.0, 0.5), (1.0, 0.0, 0.0)]),
)
def test_groups_are_never_broken(
    groups: list[int], seed: int, fractions: tuple[float, ...]
) -> None:
    data = numbered(random_codes(len(groups), 8))
    splits = split_at_random(data, fractions, seed=seed, groups=groups)
    assert is_partition(splits, len(groups))
    sides = [{groups[i] for i in rows(part)} for part in splits]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    for part, fraction in zip(splits, fractions, strict=True):
        assert fraction > 0 or len(part) == 0
    again = split_at_random(data, fractions, seed=seed, groups=groups)
    assert [rows(part) for part in again] == [rows(part) for part in splits]


def test_labels_are_shared_out_equally() -> None:
    labels = (np.arange(1_000) % 10 == 0).astype(np.float32)[:, None]
    labels[::7] = np.nan
    data = numbered(random_codes(1_000, 20), targets=labels, outputs=("bound",))
    splits = split_at_random(data, (0.7, 0.2, 0.1), seed=0)
    for part, fraction in zip(splits, (0.7, 0.2, 0.1), strict=True):
        assert part.targets is not None
        for value in (0.0, 1.0):
            count = (part.targets == value).sum()
            assert abs(count - fraction * (labels == value).sum()) <= 1.5
    assert rows(splits.train) != rows(split_at_random(data, seed=1).train)
    values = np.random.default_rng(0).normal(size=(1_000, 1)).astype(np.float32)
    data = numbered(random_codes(1_000, 20), targets=values, outputs=("x",))
    means = [p.targets.mean() for p in split_at_random(data, seed=0)]  # type: ignore
    assert np.ptp(means) < 0.1


def on_chromosomes(codes: np.ndarray) -> Examples:
    count = len(codes)
    chrom = np.array(["chr1", "chr2", "chr3"])[np.arange(count) * 3 // count]
    start = np.arange(count, dtype=np.int64) * 1_000
    places = Intervals(chrom, start, start + codes.shape[1], np.full(count, "."))
    return numbered(codes, intervals=places, columns={"part": chrom})


def test_by_chromosome() -> None:
    data = on_chromosomes(CODES)
    splits = split_by_chromosome(data, valid=["chr2"], test=["chr3"])
    assert rows(splits.train) == list(range(100))
    assert rows(splits.valid) == list(range(100, 200))
    assert rows(splits.test) == list(range(200, 300))
    assert splits.leakage is not None and splits.leakage.fraction == 0
    train, valid, test = splits
    assert len(train) + len(valid) + len(test) == 300


class Counted(str):
    """A name that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)


def test_many_names_are_not_compared_with_each_other() -> None:
    names = [Counted(f"scaffold_{n}") for n in range(len(CODES))]
    many = dataclasses.replace(
        on_chromosomes(CODES),
        intervals=Intervals(
            np.array(names, str),
            np.zeros(len(names), np.int64),
            np.ones(len(names), np.int64),
            np.full(len(names), "+"),
        ),
    )
    Counted.compared = 0
    splits = split_by_chromosome(
        many, valid=names[:100], test=names[100:200], leaks="ignore"
    )
    assert [len(part) for part in splits] == [100, 100, 100]
    assert Counted.compared < 10 * len(names)
    with pytest.raises(InputError, match="in two: scaffold_0, scaffold_1"):
        split_by_chromosome(many, valid=names[:50], test=names[:40], leaks="ignore")


def test_leaks_are_reported_or_dropped() -> None:
    codes = CODES.copy()
    codes[200:206] = [kind[0] for kind in relatives(CODES[:1]).values()]
    codes[100] = codes[206]
    data = on_chromosomes(codes)
    with pytest.warns(LeakageWarning, match=r"6 of 100 .*6\.0%"):
        splits = split_by_chromosome(data, valid=["chr2"], test=["chr3"])
    assert splits.leakage is not None and splits.leakage.rows.tolist() == [*range(6)]
    splits = split_by_chromosome(data, valid=["chr2"], test=["chr3"], leaks="drop")
    assert rows(splits.train) == list(range(1, 100))
    assert rows(splits.valid) == list(range(101, 200))
    assert rows(splits.test) == list(range(200, 300))
    assert splits.dropped == 2
    assert "2 left out" in str(splits)
    splits = split_by_chromosome(data, valid=["chr2"], test=["chr3"], leaks="ignore")
    assert splits.leakage is None


def test_by_column() -> None:
    part = np.array(["train"] * 200 + ["dev"] * 50 + ["test"] * 40 + ["other"] * 10)
    data = numbered(CODES, columns={"split": part})
    splits = split_by_column(data, "split")
    assert [len(each) for each in splits] == [200, 50, 40]
    assert splits.dropped == 10
    assert splits.unused == {"other": 10}
    assert "10 left out ('other' 10)" in str(splits)
    splits = split_by_column(data, "split", ["train", "other"], "dev", "test")
    assert [len(each) for each in splits] == [210, 50, 40]
    assert not splits.unused
    splits = split_by_column(data, "split", ["train", "other"], test=())
    assert [len(each) for each in splits] == [210, 50, 0]
    assert splits.unused == {"test": 40}


def test_numbers_of_folds_name_sets() -> None:
    data = numbered(CODES, columns={"fold": np.arange(300) % 3})
    for train, valid in ((0, 1), ([0], [np.int64(1)]), ("0", ("1",))):
        splits = split_by_column(data, "fold", train, valid, leaks="ignore")
        assert [len(each) for each in splits] == [100, 100, 0]
        assert splits.unused == {"2": 100}
    with pytest.raises(InputError, match=r"there is no 7\. It has: 0, 1, 2"):
        split_by_column(data, "fold", 0, 7)


def test_blanks_around_a_value_do_not_count_and_another_case_is_told() -> None:
    part = np.array(["train "] * 150 + ["Train"] * 50 + [" dev"] * 50 + ["x"] * 50)
    data = numbered(CODES, columns={"split": part})
    with pytest.warns(UserWarning, match=r"'train', 'dev' in upper.*: 'Train' \(50\)"):
        splits = split_by_column(data, "split")
    assert [len(each) for each in splits] == [150, 50, 0]
    assert splits.unused == {"Train": 50, "x": 50}


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (lambda d: split_by_chromosome(d, valid=["chrX"], test=[]), "no chrX"),
        (lambda d: split_by_chromosome(d, valid=["chr1"], test=["chr1"]), "in two"),
        (
            lambda d: split_by_chromosome(d, valid=["chr1", "chr2"], test=["chr3"]),
            "to train on",
        ),
        (lambda d: split_by_column(d, "fold"), "no column 'fold'"),
        (lambda d: split_by_column(d, "part"), "there is no train[.]"),
        # Not passed over, as the usual names are where none is given.
        (lambda d: split_by_column(d, "part", "chr1", ["chr2", "dve"]), "is no dve"),
        (lambda d: split_at_random(d, (0.5, 0.5), seed=0), "add up"),
        (lambda d: split_at_random(d, (1.2, -0.1, -0.1), seed=0), "add up"),
        (lambda d: split_at_random(d, seed=0, groups=[1]), "one group for each"),
        (
            lambda d: split_by_column(d, "part", "chr1", "chr2", "chr3", leaks="x"),
            "leaks=",
        ),
    ],
)
def test_what_cannot_be_split(split: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        split(on_chromosomes(CODES))  # type: ignore[operator]
    with pytest.raises(InputError, match="intervals"):
        split_by_chromosome(numbered(CODES), valid=["a"], test=["b"])


def test_few_examples() -> None:
    for count in (0, 1, 2):
        splits = split_by_homology(numbered(CODES[:count]), seed=0)
        assert is_partition(splits, count)
