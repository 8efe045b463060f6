from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo.layers import KmerEmbedding, KmerOneHot


def read(sequence: str, as_codes: bool) -> np.ndarray:
    """What the layers read, of one sequence."""
    codes = np.array([["ACGTN".index(base) for base in sequence]], "uint8")
    return codes if as_codes else np.eye(5, dtype="f4")[codes][..., :4]


def table(k: int) -> dict[str, int]:
    """The number of each k-mer, by listing all of them in order."""
    return {
        "".join(kmer): i for i, kmer in enumerate(itertools.product("ACGT", repeat=k))
    }


# JAX compiles each new length.
sequences = st.sampled_from([4, 30]).flatmap(
    lambda length: st.text("ACGTN", min_size=length, max_size=length)
)


@settings(deadline=None, max_examples=60)
@given(sequence=sequences, k=st.integers(1, 4), as_codes=st.booleans())
def test_one_hot_marks_each_kmer(sequence: str, k: int, as_codes: bool) -> None:
    received = keras.ops.convert_to_numpy(KmerOneHot(k)(read(sequence, as_codes)))[0]
    numbers = table(k)
    expected = np.zeros((len(sequence) - k + 1, 4**k))
    for i, row in enumerate(expected):
        kmer = sequence[i : i + k]
        if kmer in numbers:
            row[numbers[kmer]] = 1
    np.testing.assert_array_equal(received, expected)


@settings(deadline=None, max_examples=40)
@given(sequence=sequences, k=st.integers(1, 4), as_codes=st.booleans())
def test_embedding_looks_up_each_kmer(sequence: str, k: int, as_codes: bool) -> None:
    layer = KmerEmbedding(k, 3)
    received = keras.ops.convert_to_numpy(layer(read(sequence, as_codes)))[0]
    rows = keras.ops.convert_to_numpy(layer.embeddings)
    numbers = table(k)
    for i, vector in enumerate(received):
        kmer = sequence[i : i + k]
        expected = rows[numbers[kmer]] if kmer in numbers else np.zeros(3)
        np.testing.assert_array_equal(vector, expected)


def test_embedding_of_long_kmers_makes_no_channels() -> None:
    """4^10 channels of this batch would be 4 TB."""
    codes = np.random.default_rng(0).integers(0, 4, (500, 2009), dtype="uint8")
    layer = KmerEmbedding(10, 1)
    received = keras.ops.convert_to_numpy(layer(codes))[..., 0]
    assert received.shape == (500, 2000)
    numbers = [int("".join(map(str, row)), 4) for row in codes[:, 7:17].tolist()]
    rows = keras.ops.convert_to_numpy(layer.embeddings)
    np.testing.assert_array_equal(received[:, 7], rows[numbers, 0])


def test_the_address_of_the_embeddings() -> None:
    """Released models have their weights there."""
    layer = KmerEmbedding(3, 5)
    layer.build((None, None, 4))
    assert [(w.name, w.shape) for w in layer.weights] == [("embeddings", (64, 5))]


@pytest.mark.parametrize("layer", [KmerOneHot, lambda k: KmerEmbedding(k, 2)])
@pytest.mark.parametrize("k", [0, -1, 11])
def test_k_out_of_range_is_refused(layer, k: int) -> None:
    with pytest.raises(ValueError, match=f"k={k}"):
        layer(k)


@pytest.mark.parametrize("shape", [(None, 4), (None, 4, 4)])
def test_a_sequence_shorter_than_k_is_refused(shape: tuple) -> None:
    with pytest.raises(ValueError, match=r"5-mers need at least 5 bases.*length=4"):
        KmerEmbedding(5, 2).compute_output_shape(shape)
