from __future__ import annotations

import functools
import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo import dna
from zoo.layers import GappedKmerEmbedding, RCKmerEmbedding

numbers = keras.ops.convert_to_numpy
PATTERNS = ("11", "101", "1101", "100101")


def made(patterns=PATTERNS, output_dim: int = 3, scale: float = 1.0):
    layer = GappedKmerEmbedding(patterns, output_dim, scale=scale)
    layer.build((None, None))
    table = np.random.default_rng(0).normal(size=layer.embeddings.shape)
    layer.embeddings.assign(table)
    return layer, numbers(layer.embeddings).astype("float64")


@functools.cache
def rows_of(patterns) -> dict[tuple[str, str], int]:
    """(pattern, its letters) -> row: of a mirrored pattern one for both strands."""
    rows: dict[tuple[str, str], int] = {}
    count = 0
    for pattern in patterns:
        for letters in itertools.product("ACGT", repeat=pattern.count("1")):
            word = "".join(letters)
            partner = dna.reverse_complement(word)
            if pattern == pattern[::-1] and partner < word:
                rows[pattern, word] = rows[pattern, partner]
            else:
                rows[pattern, word] = count
                count += 1
    return rows


def words_of(pattern: str, strand: str) -> list[str]:
    """The letters of each place, but where one is an N."""
    found = []
    for start in range(len(strand) - len(pattern) + 1):
        window = strand[start : start + len(pattern)]
        word = "".join(b for b, one in zip(window, pattern, strict=True) if one == "1")
        if "N" not in word:
            found.append(word)
    return found


def summed(table: np.ndarray, patterns, sequence: str) -> np.ndarray:
    rows, total = rows_of(patterns), np.zeros(table.shape[1])
    for strand in (sequence, dna.reverse_complement(sequence)):
        for pattern in patterns:
            for word in words_of(pattern, strand):
                total += table[rows[pattern, word]]
    return total


@settings(max_examples=20)
@given(
    sequence=st.sampled_from([4, 25]).flatmap(
        lambda length: st.text("ACGTN", min_size=length, max_size=length)
    ),
    scale=st.sampled_from([1.0, 0.1]),
    one_hot=st.booleans(),
)
def test_it_sums_the_words_of_both_strands(sequence, scale, one_hot) -> None:
    layer, table = made(scale=scale)
    assert len(table) == max(rows_of(PATTERNS).values()) + 1
    codes = dna.encode(sequence)[None]
    found = layer(dna.one_hot(codes) if one_hot else codes)
    expected = scale * summed(table, PATTERNS, sequence)
    np.testing.assert_allclose(numbers(found)[0], expected, rtol=1e-4, atol=1e-5)


def test_new_words_count_for_nothing() -> None:
    layer = GappedKmerEmbedding(PATTERNS, 2)
    np.testing.assert_array_equal(numbers(layer(dna.encode("ACGTACGT")[None])), 0)


def test_without_gaps_it_is_the_sum_of_the_tied_embedding() -> None:
    words, tied = made(("1111",), 4)[0], RCKmerEmbedding(4, 4, pairing=range(4))
    tied.build((None, None))
    tied.embeddings.assign(words.embeddings)
    codes = np.random.default_rng(0).integers(0, 5, (3, 20)).astype("uint8")
    both = numbers(tied(codes)).sum(axis=1) * 2
    np.testing.assert_allclose(numbers(words(codes)), both, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pattern", ["1101", "11111"])
def test_mixed_bases_are_the_mean_over_words_drawn(pattern: str) -> None:
    layer, _ = made((pattern,))
    random = np.random.default_rng(0)
    mixed = random.dirichlet([1] * 4, size=(1, 5)).astype("float32")
    words = np.array(list(itertools.product(range(4), repeat=5)), "uint8")
    chance = np.prod(mixed[0, np.arange(5), words], axis=1)
    expected = chance @ numbers(layer(words))
    np.testing.assert_allclose(numbers(layer.mixed(mixed))[0], expected, rtol=1e-4)


def test_mixed_is_the_sum_itself_for_one_hot() -> None:
    layer, _ = made()
    codes = np.random.default_rng(1).integers(0, 5, (3, 20)).astype("uint8")
    found = numbers(layer.mixed(dna.one_hot(codes)))
    np.testing.assert_allclose(found, numbers(layer(codes)), rtol=1e-4, atol=1e-5)


def test_adding_up_is_not_lost_in_half_precision() -> None:
    # 3,994 ones, at steps of 16 in bfloat16, would stop growing at 256.
    layer = GappedKmerEmbedding(
        ("1101",), 1, embeddings_initializer="ones", dtype="mixed_bfloat16"
    )
    assert float(layer(np.zeros((1, 2000), "uint8"))[0, 0]) == pytest.approx(
        3994, rel=2**-8
    )


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ((), "patterns=\\[\\]"),
        (("11", "11"), "each once"),
        (("110",), "'110'"),
        (("1",), "2 to 10 letters"),
        (("1" * 11,), "2 to 10 letters"),
        (((0, 1, 3),), "2 to 10 letters"),
    ],
)
def test_what_is_no_pattern_is_refused(patterns, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GappedKmerEmbedding(patterns, 1)


@pytest.mark.parametrize(
    ("length", "read", "unknown"), [(4, 4, 0), (40, 40, 0), (40, 40, 5), (40, 25, 3)]
)
def test_standardized_counts_are_those_of_random_dna(
    length: int, read: int, unknown: int
) -> None:
    layer = GappedKmerEmbedding(PATTERNS, 2, standardized_length=length)
    layer.build((None, None))
    table = np.random.default_rng(3).normal(size=layer.embeddings.shape)
    layer.embeddings.assign(table)
    codes = np.random.default_rng(4).integers(0, 4, read, "uint8")
    codes[7 : 7 + unknown] = 4  # what is not there is not centered either
    sequence = dna.decode(codes)
    expected, rows = np.zeros(2), rows_of(PATTERNS)
    for pattern in PATTERNS:
        mirrored, words = pattern == pattern[::-1], 4 ** pattern.count("1")
        places = length - len(pattern) + 1
        if places < 1:
            continue
        mean = 2 * places / words
        strands = (
            [sequence] if mirrored else [sequence, dna.reverse_complement(sequence)]
        )
        average = np.mean(
            [table[r] for (p, _), r in rows.items() if p == pattern], axis=0
        )
        for strand in strands:
            for word in words_of(pattern, strand):
                expected += (table[rows[pattern, word]] - average) / mean**0.5
    result = numbers(layer(dna.encode(sequence)[None]))[0]
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
    mixed = numbers(layer.mixed(dna.one_hot(dna.encode(sequence))[None]))[0]
    np.testing.assert_allclose(mixed, expected, rtol=1e-4, atol=1e-5)
