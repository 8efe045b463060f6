from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.zoo.strategies import any_pairing
from zoo import dna
from zoo.layers import KmerEmbedding, RCKmerEmbedding, pairings

numbers = keras.ops.convert_to_numpy


def vectors(layer: RCKmerEmbedding, words: list[str]) -> np.ndarray:
    return numbers(layer(dna.encode_batch(words)))[:, 0]


@settings(max_examples=10)
@given(k=st.integers(1, 4), pairing=any_pairing(), seed=st.integers(0, 2**16))
def test_a_kmer_and_its_reverse_complement_are_permutations(k, pairing, seed) -> None:
    keras.utils.set_random_seed(seed)
    layer = RCKmerEmbedding(k, len(pairing), pairing=pairing)
    words = ["".join(word) for word in itertools.product("ACGT", repeat=k)]
    found = vectors(layer, words)
    partners = vectors(layer, [dna.reverse_complement(word) for word in words])
    np.testing.assert_array_equal(partners, found[:, list(pairing)])
    # One row is learned for the two, the first in the alphabet.
    table = numbers(layer.embeddings)
    firsts = [w for w in words if w <= dna.reverse_complement(w)]
    assert table.shape == (len(firsts), len(pairing))
    for row, word in zip(table, firsts, strict=True):
        vector = found[words.index(word)]
        if word == dna.reverse_complement(word):
            row = (row + row[list(pairing)]) / 2
        np.testing.assert_allclose(vector, row, rtol=1e-6)


@pytest.mark.parametrize(("k", "rows"), [(1, 2), (2, 10), (3, 32), (6, 2080)])
def test_half_the_rows(k: int, rows: int) -> None:
    layer = RCKmerEmbedding(k, 2)
    layer.build((None, None))
    assert tuple(layer.embeddings.shape) == (rows, 2)


@settings(max_examples=10)
@given(
    k=st.integers(1, 5),
    extra=st.integers(0, 9),
    one_hot=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_sequences_move_with_the_strand(k, extra, one_hot, seed) -> None:
    layer = RCKmerEmbedding(k, 4)
    codes = np.random.default_rng(seed).integers(0, 5, (3, k + extra)).astype("uint8")
    other = dna.reverse_complement_codes(codes)
    if one_hot:
        codes, other = dna.one_hot(codes), dna.one_hot(other)
    forward, reverse = numbers(layer(codes)), numbers(layer(other))
    np.testing.assert_array_equal(reverse[:, ::-1, ::-1], forward)


def test_it_is_the_plain_embedding_with_the_tied_table() -> None:
    k = 3
    layer, plain = RCKmerEmbedding(k, 6), KmerEmbedding(k, 6)
    words = ["".join(word) for word in itertools.product("ACGT", repeat=k)]
    table = vectors(layer, words)
    codes = np.random.default_rng(0).integers(0, 5, (4, 30)).astype("uint8")
    plain.build(codes.shape)
    plain.embeddings.assign(table)
    np.testing.assert_array_equal(numbers(layer(codes)), numbers(plain(codes)))


def test_with_k_1_it_embeds_nucleotides() -> None:
    layer = RCKmerEmbedding(1, 4)
    a, c, g, t = vectors(layer, list("ACGT"))
    np.testing.assert_array_equal(a, t[::-1])
    np.testing.assert_array_equal(c, g[::-1])
    assert not np.array_equal(a, c)
    np.testing.assert_array_equal(vectors(layer, ["N"]), 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0, "output_dim": 4}, "k=0"),
        ({"k": 11, "output_dim": 4}, "k=11"),
        ({"k": 2, "output_dim": 3}, "even number of output_dim"),
        ({"k": 2, "output_dim": 3, "pairing": (1, 0)}, "Expected 3 channels"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RCKmerEmbedding(**arguments)


def test_its_config_holds_the_pairing() -> None:
    layer = RCKmerEmbedding(2, 4, pairing=pairings.palindromic(4, 2))
    config = layer.get_config()
    assert config["pairing"] == [3, 1, 2, 0]
    assert RCKmerEmbedding.from_config(config).get_config() == config
