"""Tests of constraints, against counting the changed sequences themselves."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo.dna import decode, encode
from zoo.errors import InputError
from zoo.interpretation.sequence_design.constraints import Constraints

SEQUENCES = st.text("ACGTN", min_size=1, max_size=14)
CONSTRAINTS = Constraints(gc=(0.4, 0.6), forbidden=["GAWTC", "CCGG"], max_homopolymer=2)


@given(SEQUENCES)
def test_violations_behind_each_substitution(sequence: str) -> None:
    codes = encode(sequence)
    changed = np.tile(codes, (len(codes), 4, 1))
    places = np.arange(len(codes))
    changed[places, :, places] = np.arange(4)
    expected = CONSTRAINTS.violations(changed.reshape(-1, len(codes)))
    after = CONSTRAINTS.violations_after(codes[None])[0]
    np.testing.assert_array_equal(after, expected.reshape(-1, 4))


@given(SEQUENCES)
def test_g_and_c_beyond_their_range_are_counted(sequence: str) -> None:
    codes = encode(sequence)[None]
    gc, known = len(re.findall("[GC]", sequence)), len(re.findall("[ACGT]", sequence))
    violations = int(Constraints(gc=(0.25, 0.5)).violations(codes)[0])
    assert (violations == 0) == (0.25 * known <= gc <= 0.5 * known)
    assert violations <= known


def test_runs_of_a_base() -> None:
    constraints = Constraints(max_homopolymer=3)
    codes = encode("AAATTTTCCCCC")[None]
    assert constraints.violations(codes).tolist() == [1 + 2]
    assert constraints.said(codes[0]) == "CCCC at position 7, TTTT at position 3"


def test_random_sequences_are_as_they_have_to_be() -> None:
    constraints = Constraints(
        gc=(0.5, 0.5), forbidden=["GC", "GAWTC"], max_homopolymer=3
    )
    codes = constraints.random(5, 80, seed=1)
    assert not constraints.violations(codes).any()
    for text in map(decode, codes):
        assert not re.search("GC|GA[AT]TC|AAAA|CCCC|GGGG|TTTT", text)
        assert len(re.findall("[GC]", text)) == 40
    np.testing.assert_array_equal(codes[:2], constraints.random(2, 80, seed=1))
    assert (codes != constraints.random(5, 80, seed=2)).any()


def test_random_sequences_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="that random sequences can meet"):
        Constraints(forbidden=["A", "C"]).random(1, 8, seed=0)


def test_what_is_kept() -> None:
    editable = Constraints(keep=[(0, 2), (4, 5)]).editable(6)
    assert editable.tolist() == [False, False, True, True, False, True]
    with pytest.raises(InputError, match="within the 4 bp"):
        Constraints(keep=[(0, 2), (4, 5)]).editable(4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keep": [(3, 3)]}, "keep= to be intervals"),
        ({"keep": [(-1, 3)]}, "keep= to be intervals"),
        ({"keep": [5]}, "keep= to be intervals"),
        ({"gc": (0.6, 0.4)}, "gc= to be the least and the largest share"),
        ({"gc": (40, 60)}, "gc= to be the least and the largest share"),
        ({"gc": 0.5}, "gc= to be the least and the largest share"),
        ({"forbidden": [3]}, "Expected sites in IUPAC letters. Received: 3"),
        ({"max_homopolymer": 0}, "max_homopolymer of at least 1"),
    ],
)
def test_what_is_no_constraint_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Constraints(**arguments)
