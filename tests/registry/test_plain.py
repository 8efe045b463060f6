import json

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import given, strategies as st

from registry import plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text("ab"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
)


def numpys(value):
    """The same, its numbers, texts and lists of integers NumPy's."""
    if isinstance(value, dict):
        return {np.str_(key): numpys(each) for key, each in value.items()}
    if isinstance(value, list):
        integers = value and all(type(each) is int for each in value)
        return np.array(value) if integers else [numpys(each) for each in value]
    return np.array(value)[()] if isinstance(value, bool | int) else value


@given(VALUES)
def test_what_is_numpys_becomes_pythons(value):
    assert json.dumps(plain(numpys(value))) == json.dumps(value)
    assert plain(value) == value


def test_series_become_lists_by_their_rows():
    series = pd.Series([1, 2, 3], index=[7, 8, 9])
    assert plain({"a": (series[1:], pl.Series([4]))}) == {"a": ([2, 3], [4])}
    assert plain(np.float32(0.5)) == 0.5 and type(plain(np.float32(0.5))) is float
    kept = object()
    assert plain(kept) is kept and plain(np.float32) is np.float32
