from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.layers import KmerEmbedding, KmerOneHot


def one_hot(sequence: str) -> np.ndarray:
    codes = ["ACGTN".index(base) for base in sequence]
    return np.eye(5, dtype="f4")[codes][None, :, :4]


def table(k: int) -> dict[str, int]:
    """The number of each k-mer, by listing all of them in order."""
    return {
        "".join(kmer): i for i, kmer in enumerate(itertools.product("ACGT", repeat=k))
    }


sequences = st.text("ACGTN", min_size=4, max_size=30)


@settings(deadline=None, max_examples=40)
@given(sequence=sequences, k=st.integers(1, 4))
def test_one_hot_marks_each_kmer(sequence: str, k: int) -> None:
    received = keras.ops.convert_to_numpy(KmerOneHot(k)(one_hot(sequence)))[0]
    numbers = table(k)
    expected = np.zeros((len(sequence) - k + 1, 4**k))
    for i, row in enumerate(expected):
        kmer = sequence[i : i + k]
        if kmer in numbers:
            row[numbers[kmer]] = 1
    np.testing.assert_array_equal(received, expected)


@settings(deadline=None, max_examples=20)
@given(sequence=sequences, k=st.integers(1, 4))
def test_embedding_looks_up_each_kmer(sequence: str, k: int) -> None:
    layer = KmerEmbedding(k, 3)
    received = keras.ops.convert_to_numpy(layer(one_hot(sequence)))[0]
    rows = layer.embeddings.numpy()
    numbers = table(k)
    for i, vector in enumerate(received):
        kmer = sequence[i : i + k]
        expected = rows[numbers[kmer]] if kmer in numbers else np.zeros(3)
        np.testing.assert_array_equal(vector, expected)


@pytest.mark.parametrize("layer", [KmerOneHot, lambda k: KmerEmbedding(k, 2)])
@pytest.mark.parametrize("k", [0, -1, 11])
def test_k_out_of_range_is_refused(layer, k: int) -> None:
    with pytest.raises(ValueError, match=f"k={k}"):
        layer(k)


def test_a_sequence_shorter_than_k_is_refused() -> None:
    with pytest.raises(ValueError, match=r"5-mers need at least 5 bases.*length=4"):
        KmerEmbedding(5, 2).compute_output_shape((None, 4, 4))
