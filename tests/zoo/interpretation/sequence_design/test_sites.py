"""Tests of forbidden sites, against regular expressions."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo.dna import decode, encode, reverse_complement
from zoo.errors import InputError
from zoo.interpretation.sequence_design.sites import BASES_OF, Site, both_strands

LETTERS = st.text("".join(BASES_OF), min_size=1, max_size=5).filter(
    lambda text: text.strip("N")
)
SEQUENCES = st.text("ACGTN", min_size=1, max_size=12)


def count(letters: str, sequence: str) -> int:
    """Overlapping ones, on the strand given."""
    pattern = "".join(
        "." if letter == "N" else f"[{BASES_OF[letter]}]" for letter in letters
    )
    return len(re.findall(f"(?={pattern})", sequence))


@given(LETTERS, SEQUENCES)
def test_sites_are_counted_on_both_strands(letters: str, sequence: str) -> None:
    codes = encode(sequence)[None]
    found = sum(int(site.starts(codes).sum()) for site in both_strands([letters]))
    places = {
        (start, start + len(letters))
        for text, turned in ((sequence, 0), (reverse_complement(sequence), 1))
        for start in range(len(text) - len(letters) + 1)
        if count(letters, text[start : start + len(letters)])
        for start in [len(text) - start - len(letters) if turned else start]
    }
    forward = count(letters, sequence)
    backward = count(letters, reverse_complement(sequence))
    is_palindrome = len(both_strands([letters])) == 1
    assert found == (len(places) if is_palindrome else forward + backward)


@given(LETTERS, SEQUENCES)
def test_what_each_substitution_changes(letters: str, sequence: str) -> None:
    site, codes = Site(letters, letters), encode(sequence)
    changes = site.changes(codes[None])[0]
    for place in range(len(codes)):
        for base in range(4):
            other = codes.copy()
            other[place] = base
            after = count(letters, decode(other))
            assert changes[place, base] == after - count(letters, sequence)


def test_palindromes_are_one_site() -> None:
    assert len(both_strands(["GAATTC", "gaattc"])) == 1
    assert len(both_strands(["GGTCTC"])) == 2


@pytest.mark.parametrize("letters", ["", "NN", "GAXTC", "GA TC", "U"])
def test_other_letters_are_refused(letters: str) -> None:
    with pytest.raises(InputError, match=r"site .*: expected letters A, C, G, T"):
        both_strands([letters])


def test_n_of_a_sequence_is_not_known() -> None:
    assert not Site("GATC", "GATC").starts(encode("GANC")[None]).any()
    assert Site("GANC", "GANC").starts(encode("GANC")[None]).all()
    assert not np.any(Site("GATC", "GATC").starts(encode("GAT")[None]))
