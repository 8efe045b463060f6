from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.strategies import any_pairing
from zoo import dna
from zoo.layers import pairings

COUNTS = st.integers(0, 6)


def is_involution(pairing: tuple[int, ...]) -> bool:
    identity = np.arange(len(pairing))
    return np.array_equal(np.array(pairing)[list(pairing)], identity)


@given(pairing=any_pairing())
def test_an_involution_is_a_pairing_also_from_json(pairing: tuple[int, ...]) -> None:
    assert pairings.check(json.loads(json.dumps(pairing)), len(pairing)) == pairing


@given(partners=st.lists(st.integers(-1, 4), min_size=1, max_size=5))
def test_all_else_is_refused(partners: list[int]) -> None:
    inside = all(0 <= p < len(partners) for p in partners)
    if inside and is_involution(tuple(partners)):
        assert pairings.check(partners) == tuple(partners)
    else:
        with pytest.raises(ValueError, match=r"input_pairing=\("):
            pairings.check(partners, argument="input_pairing")


@pytest.mark.parametrize(
    ("pairing", "message"),
    [
        ((1, 2, 0), "channel 0 is 1, but the partner of 1 is 2"),
        ((0, 7), "channel 1 is 7, but there is no channel 7"),
        ((0.0, 1.0), "sequence of ints"),
        (3, "sequence of ints"),
        ((1, 0), "Expected 4 channels. Received: 2 channels"),
    ],
)
def test_an_error_says_what_is_wrong(pairing: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pairings.check(pairing, 4 if pairing == (1, 0) else None)  # type: ignore[arg-type]


def test_a_long_pairing_is_not_printed_in_full() -> None:
    with pytest.raises(ValueError) as error:
        pairings.check((*range(1, 4096), 0))
    assert len(str(error.value)) < 400


@given(pairs=COUNTS, fixed=COUNTS)
def test_palindromic_channels_stand_in_the_middle(pairs: int, fixed: int) -> None:
    pairing = pairings.palindromic(2 * pairs + fixed, fixed)
    assert is_involution(pairing)
    assert [c for c, p in enumerate(pairing) if c == p] == list(
        range(pairs, pairs + fixed)
    )
    if fixed <= 1:
        assert pairing == pairings.reversal(2 * pairs + fixed)


@pytest.mark.parametrize(("channels", "fixed"), [(4, 1), (3, 2), (2, 3), (2, -2)])
def test_what_cannot_be_paired_is_refused(channels: int, fixed: int) -> None:
    with pytest.raises(ValueError, match=f"channels={channels}, fixed={fixed}"):
        pairings.palindromic(channels, fixed)


def test_strand_outputs_swap_plus_and_minus() -> None:
    assert pairings.strand_outputs(2) == (1, 0, 3, 2)
    assert pairings.strand_outputs(1, 2) == (1, 0, 2, 3)
    assert pairings.strand_outputs(0, 1) == (0,)
    for wrong in ((0, 0), (-1, 2), (1, -1)):
        with pytest.raises(ValueError, match="at least one output"):
            pairings.strand_outputs(*wrong)


@pytest.mark.parametrize("k", range(1, 6))
def test_kmers_are_paired_with_their_reverse_complements(k: int) -> None:
    words = ["".join(word) for word in itertools.product("ACGT", repeat=k)]
    expected = tuple(words.index(dna.reverse_complement(word)) for word in words)
    assert pairings.kmers(k) == expected
    fixed = sum(partner == index for index, partner in enumerate(expected))
    assert fixed == (0 if k % 2 else 4 ** (k // 2))


@pytest.mark.parametrize("k", [0, 11])
def test_k_out_of_range_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"k={k}"):
        pairings.kmers(k)


@given(one=any_pairing(), other=any_pairing(), seed=st.integers(0, 99))
def test_maps_can_be_joined(one, other, seed) -> None:
    left, right = (
        np.random.default_rng(seed).normal(size=len(p)) for p in (one, other)
    )
    joined = np.concatenate([left, right])[list(pairings.concatenated(one, other))]
    expected = np.concatenate([left[list(one)], right[list(other)]])
    np.testing.assert_array_equal(joined, expected)


def test_nothing_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match="at least one pairing"):
        pairings.concatenated()


@given(pairing=any_pairing(), length=st.integers(1, 6))
def test_maps_can_be_flattened(pairing, length) -> None:
    x = np.arange(length * len(pairing)).reshape(length, -1)
    expected = x[::-1, list(pairing)].reshape(-1)
    flat = list(pairings.flattened(pairing, length))
    np.testing.assert_array_equal(x.reshape(-1)[flat], expected)
    if pairing == pairings.reversal(len(pairing)):
        assert tuple(flat) == pairings.reversal(length * len(pairing))
