"""Tracks are paired by what their names end in."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from zoo.data.strand_pairing import STRANDS, strand_pairing
from zoo.errors import InputError
from zoo.layers import pairings


@pytest.mark.parametrize(
    ("names", "partners"),
    [
        (["plus", "minus"], (1, 0)),
        (["sox2_plus", "nanog_plus", "nanog_minus", "sox2_minus"], (3, 2, 1, 0)),
        (["a.fwd", "both", "a.rev"], (2, 1, 0)),
        (["A-Pos", "A-Neg"], (1, 0)),
        (["x+", "x-", "surplus", "prev"], (1, 0, 2, 3)),
        (["reverse", "forward"], (1, 0)),
    ],
)
def test_names_that_begin_alike_are_partners(names, partners) -> None:
    assert strand_pairing(names) == partners


@given(
    st.lists(st.text("abc12", max_size=3), min_size=1, max_size=5, unique=True),
    st.sampled_from(STRANDS),
    st.sampled_from(["_", ".", " "]),
    st.randoms(),
)
def test_any_order_is_an_involution_of_both_strands(stems, strands, mark, random):
    names = [f"{stem}{mark}{strand}" for stem in stems for strand in strands]
    random.shuffle(names)
    found = pairings.check(strand_pairing(names))
    for name, partner in zip(names, found, strict=True):
        assert name != names[partner]
        assert name.rpartition(mark)[0] == names[partner].rpartition(mark)[0]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a_plus", "b_minus"], "other strand of 'a_plus', 'a_minus', too.*b_minus"),
        (["a_plus", "a_neg"], "'a_minus', too"),
        (["depth", "surplus"], "names that say their strand.*depth, surplus"),
        ([], "names that say their strand"),
    ],
)
def test_names_without_a_partner_are_told(names, message) -> None:
    with pytest.raises(InputError, match=message):
        strand_pairing(names)
