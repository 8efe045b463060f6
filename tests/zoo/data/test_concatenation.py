import dataclasses

import numpy as np
import pytest

from zoo.data import Examples, Intervals, concatenate
from zoo.data.concatenation import ChainedSequences
from zoo.data.examples import CodesInMemory
from zoo.errors import InputError


def some(n, seed, **changes):
    random = np.random.default_rng(seed)
    start = random.integers(0, 1000, n)
    everything = {
        "sequences": CodesInMemory(random.integers(0, 5, (n, 7), dtype=np.uint8)),
        "targets": random.random((n, 2), dtype=np.float32),
        "outputs": ("a", "b"),
        "names": np.array([f"{seed}_{i}" for i in range(n)]),
        "intervals": Intervals(
            np.full(n, f"chr{seed}"), start, start + 7, np.full(n, "+")
        ),
        "columns": {"split": np.full(n, seed), f"own_{seed}": np.zeros(n)},
        "dropped": {"too short": seed},
        "source": f"file {seed}",
    }
    return Examples(**everything | changes)


@pytest.mark.parametrize("lazy", [False, True])
def test_rows_follow_one_another_with_all_that_both_have(lazy):
    first, second = some(5, 1), some(3, 2)
    if lazy:
        hidden = type("Hidden", (), {})()
        hidden.sequence_length = 7
        hidden.__class__.__len__ = lambda self: 3
        hidden.gather = second.sequences.gather
        second = dataclasses.replace(second, sequences=hidden)
    both = concatenate(first, second)
    assert isinstance(both.sequences, ChainedSequences if lazy else CodesInMemory)
    order = np.array([6, 0, 7, 4, 5, 6])
    codes = np.concatenate([first.codes(), some(3, 2).codes()])
    assert (both.codes() == codes).all()
    assert (both.codes(order) == codes[order]).all()
    subset = both.subset(order)
    assert (subset.codes() == codes[order]).all()
    assert subset.names.tolist() == both.names[order].tolist()
    assert (both.targets == np.concatenate([first.targets, second.targets])).all()
    assert both.names.tolist() == [*first.names, *second.names]
    assert both.intervals.chrom.tolist() == ["chr1"] * 5 + ["chr2"] * 3
    assert both.intervals.start[5:].tolist() == second.intervals.start.tolist()
    assert {k: v.tolist() for k, v in both.columns.items()} == {
        "split": [1] * 5 + [2] * 3
    }
    assert both.dropped == {"too short": 3} and both.source == "file 1 + file 2"
    assert both.sample_weight is None


def test_what_one_lacks_is_left_out_but_weights_are_one():
    weight = np.full((3, 2), 0.5, np.float32)
    first = some(2, 1, names=None, intervals=None)
    both = concatenate(first, some(3, 2, sample_weight=weight))
    assert both.names is None and both.intervals is None
    assert both.sample_weight.tolist() == [[1, 1]] * 2 + [[0.5, 0.5]] * 3
    assert concatenate(first) is first


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"outputs": ("a", "c")}, "one outputs"),
        ({"targets": np.zeros((2, 3, 2), "f4")}, "one shape of targets"),
        (
            {"sequences": CodesInMemory(np.zeros((2, 8), np.uint8))},
            r"sequence_length\. Received: 7 \(file 1\), 8 \(file 2\)",
        ),
    ],
)
def test_refuses_what_does_not_fit(changes, says):
    with pytest.raises(InputError, match=says):
        concatenate(some(3, 1), some(2, 2, **changes))


def test_refuses_none_and_weights_of_two_shapes():
    with pytest.raises(InputError, match="at least one"):
        concatenate()
    one = some(2, 1, sample_weight=np.ones(2, np.float32))
    other = some(2, 1, sample_weight=np.ones((2, 2), np.float32))
    with pytest.raises(InputError, match="one shape"):
        concatenate(one, other)
