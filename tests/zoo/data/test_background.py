"""Peaks and background as one set, and streams of it."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.data import Examples, from_arrays, with_background
from zoo.errors import InputError


def examples(n: int, base: str) -> Examples:
    return from_arrays(
        [base * 8] * n, np.arange(n), outputs="row", columns={"n": [n] * n}
    )


def test_background_is_told_by_its_column_and_drawn_by_a_stream() -> None:
    both = with_background(examples(8, "A"), examples(40, "C"))
    assert both.columns["background"].tolist() == [False] * 8 + [True] * 40
    assert both.columns["n"].tolist() == [8] * 8 + [40] * 40
    stream = both.batches(4, shuffle=True, background_ratio=0.5, encoding="codes")
    assert len(stream) == 3  # of 8 peaks and 4 of the background
    epochs = [np.concatenate([y[x[:, 0] == 1, 0] for x, y in stream]) for _ in range(4)]
    assert {len(epoch) for epoch in epochs} == {4}
    assert len({tuple(sorted(epoch)) for epoch in epochs}) > 1
    # Resumed in the middle, and of two workers, it is the same stream.
    rest = both.batches(4, shuffle=True, background_ratio=0.5, encoding="codes")
    for one, other in zip(rest.at(2, 1), stream.at(2, 1), strict=True):
        np.testing.assert_array_equal(one[1], other[1])
    whole = stream.at(1)[0][1]
    parts = [stream.sharded(k, 2).at(1)[0][1] for k in range(2)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert len(both.batches(4)) == 12


def test_without_a_column_there_is_no_background() -> None:
    with pytest.raises(InputError, match=r"with_background.*makes it"):
        examples(6, "A").batches(4, background_ratio=0.1)
    text = from_arrays(["ACGT"], columns={"background": ["yes"]})
    with pytest.raises(InputError, match=r"of bools.*Received: <U3"):
        text.batches(1, background_ratio=0.1)
