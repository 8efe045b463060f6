"""Comparing tables of arrays; the short way to batches."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from zoo.data import Examples, Intervals, SequenceDataset, from_arrays


def test_tables_of_arrays_can_be_compared_and_are_keys():
    places = Intervals(["1", "2"], [0, 4], [5, 9], ["+", "-"])
    examples = from_arrays(["ACGT", "CCGT"], [0, 1], intervals=places)
    for table in (places, examples, examples.sequences):
        assert table == table
        assert table != table.subset(np.arange(2))
        assert len({table: 1, table.subset(np.arange(2)): 2}) == 2


def test_batches_takes_every_option_of_the_dataset():
    examples = from_arrays(["ACGT", "CCGT", "TTTT", "GGGG", "AAAA"], [0, 1, 1, 1, 0])
    options = inspect.signature(examples.batches).parameters
    whole = inspect.signature(SequenceDataset).parameters
    assert list(options) == [*whole][1:]
    assert examples.batches.__doc__ == SequenceDataset.__doc__
    found = examples.batches(
        2, shuffle=True, drop_remainder=True, shard=(1, 2), balance="oversample", seed=3
    )
    assert isinstance(found, SequenceDataset)
    assert found.examples is examples
    assert (len(found), found[0][0].shape) == (3, (1, 4, 4))
    with pytest.raises(TypeError, match="shufle"):
        examples.batches(2, shufle=True)
    assert Examples.batches
