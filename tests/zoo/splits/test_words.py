from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from tests.zoo.splits.related import random_codes
from zoo.dna import decode, encode, reverse_complement, reverse_complement_codes
from zoo.splits.pool import joined, keys, pool
from zoo.splits.words import canonical_words, informative, mixed, simple_bases

sequences = arrays(np.uint8, st.integers(1, 60), elements=st.integers(0, 4))


@given(sequences, st.sampled_from([1, 3, 11, 13, 15, 21, 31]))
def test_words_are_those_of_the_lesser_strand(codes: np.ndarray, k: int) -> None:
    words, reverse, known = canonical_words(codes, k)
    text = decode(codes)
    assert len(words) == max(0, len(text) - k + 1)
    for i, word in enumerate(words.tolist()):
        piece = text[i : i + k]
        assert known[i] == ("N" not in piece)
        if known[i]:
            other = reverse_complement(piece)
            numbers = ["".join(str("ACGT".index(b)) for b in s) for s in (piece, other)]
            assert word == min(int(n, 4) for n in numbers)
            assert reverse[i] == (other < piece)


def test_hashes_are_a_bijection_and_even() -> None:
    words = np.arange(200_000, dtype=np.uint64)
    hashes = mixed(words)
    assert len(np.unique(hashes)) == len(words)
    counts = np.bincount((hashes >> np.uint64(60)).astype(int), minlength=16)
    assert abs(counts / len(words) - 1 / 16).max() < 0.005


@pytest.mark.parametrize("motif", ["A", "CA", "AAT", "GATA", "AAAAAC"])
def test_repeats_are_simple_and_random_sequence_is_not(motif: str) -> None:
    left, right = random_codes(2, 200)
    repeat = encode((motif * 100)[:80])
    simple = simple_bases(np.concatenate([left, repeat, right]))
    assert simple[205:275].all()
    assert not simple[:165].any()
    assert not simple[315:].any()
    assert simple_bases(random_codes(1, 500_000)[0]).mean() < 1e-3


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = random_codes(30, 100)
    codes[::3, 20:70] = 0
    table = pool(codes)
    whole = informative(table)
    assert (whole == 4).sum() > (table.codes == 4).sum() + 400
    monkeypatch.setattr("zoo.splits.words._BLOCK", 97)
    np.testing.assert_array_equal(informative(table), whole)


@given(st.lists(sequences, min_size=1, max_size=8))
def test_keys_tell_equal_sequences(each: list[np.ndarray]) -> None:
    forward, backward = keys(pool(each))
    texts = [decode(codes) for codes in each]
    for i, text in enumerate(texts):
        for j, other in enumerate(texts):
            assert (forward[i] == forward[j]) == (text == other)
            assert (forward[i] == backward[j]) == (text == reverse_complement(other))


def test_keys_do_not_depend_on_neighbours() -> None:
    codes = random_codes(40, 30)
    whole = keys(pool(codes))
    both = joined(pool(codes[:7]), pool(list(codes[7:])))
    np.testing.assert_array_equal(keys(both), whole)
    np.testing.assert_array_equal(both.sequence(9), codes[9])
    np.testing.assert_array_equal(
        keys(pool(reverse_complement_codes(codes)))[0], whole[1]
    )
