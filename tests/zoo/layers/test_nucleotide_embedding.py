from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo import dna
from zoo.layers import KmerEmbedding, NucleotideEmbedding

# JAX compiles each new length.
few_lengths = st.sampled_from([1, 6, 30]).flatmap(
    lambda length: st.text("ACGTN", min_size=length, max_size=length)
)


def call(layer: keras.layers.Layer, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(x))


@given(sequence=few_lengths, size=st.sampled_from([1, 4]))
def test_each_base_gets_its_row(sequence: str, size: int) -> None:
    layer = NucleotideEmbedding(size, embeddings_initializer="normal")
    received = call(layer, dna.encode(sequence)[None])[0]
    table = keras.ops.convert_to_numpy(layer.embeddings)
    rows = dict(zip("ACGT", table, strict=True)) | {"N": np.zeros(size)}
    expected = [rows[base] for base in sequence]
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_it_is_the_kmer_embedding_of_k_1() -> None:
    codes = np.random.default_rng(0).integers(0, 5, (3, 20), dtype="uint8")
    layers = [NucleotideEmbedding(6), KmerEmbedding(1, 6)]
    for layer in layers:
        layer.build((None, None))
        layer.embeddings.assign(np.arange(24.0).reshape(4, 6))
    np.testing.assert_allclose(*(call(layer, codes) for layer in layers), rtol=1e-6)


def test_mixed_bases_get_the_mixture_as_a_convolution_of_width_1_gives() -> None:
    mixed = np.random.default_rng(0).dirichlet(np.ones(4), (2, 9)).astype("float32")
    layer, peer = NucleotideEmbedding(5), keras.layers.Conv1D(5, 1, use_bias=False)
    for each in (layer, peer):
        each.build((None, None, 4))
    peer.kernel.assign(keras.ops.convert_to_numpy(layer.embeddings)[None])
    np.testing.assert_allclose(call(layer, mixed), call(peer, mixed), atol=1e-6)


def test_the_regularizer_acts_on_the_table() -> None:
    layer = NucleotideEmbedding(
        2,
        embeddings_initializer="ones",
        embeddings_regularizer=keras.regularizers.L2(3),
    )
    layer(np.zeros((1, 4), "uint8"))
    losses = [keras.ops.convert_to_numpy(loss) for loss in layer.losses]
    assert losses == [24.0]


def test_an_empty_vector_is_refused() -> None:
    with pytest.raises(ValueError, match="output_dim=0"):
        NucleotideEmbedding(0)
