"""Layouts and costs of encodings, and codes in front of every architecture."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

import registry
from tests.zoo.architectures.contract import case, small_model
from zoo.errors import InputError
from zoo.layers import KmerEmbedding, KmerOneHot, OneHot, encodings

NAMES = sorted(a.name for a in registry.list_architectures() if a.provider == "seqzoo")
shapes = st.tuples(st.integers(1, 3), st.integers(1, 9).filter(lambda n: n != 4))


def arrays(size: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The same one-hot in both layouts, element by element."""
    codes = np.random.default_rng(size * length).integers(0, 5, (size, length))
    last = np.zeros((size, length, 4), "float32")
    first = np.zeros((size, 4, length), "float32")
    for b, i in np.ndindex(size, length):
        if codes[b, i] < 4:
            last[b, i, codes[b, i]] = first[b, codes[b, i], i] = 1
    return last, first


@given(shape=shapes)
def test_layouts_of_arrays(shape: tuple[int, int]) -> None:
    last, first = arrays(*shape)
    for received, expected in (
        (encodings.to_channels_first(last), first),
        (encodings.to_channels_last(first), last),
        (encodings.to_channels_first(last[0]), first[0]),
    ):
        assert isinstance(received, np.ndarray)
        np.testing.assert_array_equal(received, expected)
    assert np.shares_memory(encodings.to_channels_first(last), last)


def test_layouts_of_tensors() -> None:
    last, first = arrays(3, 7)
    for function, given_, expected in (
        (encodings.to_channels_first, last, first),
        (encodings.to_channels_last, first, last),
    ):
        received = function(keras.ops.convert_to_tensor(given_))
        assert keras.ops.is_tensor(received)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(received), expected)
        model_input = keras.Input(given_.shape[1:])
        assert function(model_input).shape == (None, *expected.shape[1:])


@pytest.mark.parametrize(
    ("function", "shape", "message"),
    [
        (
            encodings.to_channels_first,
            (2, 4, 9),
            r"\(..., length, 4\).*to_channels_last",
        ),
        (
            encodings.to_channels_last,
            (2, 9, 4),
            r"\(..., 4, length\).*to_channels_first",
        ),
        (encodings.to_channels_first, (2, 9, 5), r"shape \(2, 9, 5\)\.$"),
        (encodings.to_channels_last, (4,), r"shape \(4,\)\.$"),
    ],
)
def test_other_layouts_are_refused(function, shape: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        function(np.zeros(shape))


@pytest.mark.parametrize("use_bias", [True, False])
def test_costs_are_what_keras_counts(use_bias: bool) -> None:
    sizes = {"filters": 6, "kernel_size": 5, "output_dim": 3}
    rows = encodings.tabulate_costs(use_bias=use_bias, **sizes)
    zeros = "zeros"  # JAX compiles random ones for each shape
    assert [row.k for row in rows] == [1, 2, 3, 4, 5, 6]
    for row in rows:
        models = [
            keras.Sequential(
                [
                    keras.Input((None,), dtype="uint8"),
                    encoding,
                    keras.layers.Conv1D(
                        6, 5, use_bias=use_bias, kernel_initializer=zeros
                    ),
                ]
            )
            for encoding in (
                KmerOneHot(row.k),
                KmerEmbedding(row.k, 3, embeddings_initializer=zeros),
            )
        ]
        one_hot, embedding = models
        assert row.one_hot_parameters == one_hot.count_params()
        assert row.embedding_parameters == embedding.count_params()
        assert row.table_parameters == embedding.layers[0].count_params()


@pytest.mark.parametrize("k", [1, 3])
def test_costs_are_the_bytes_of_arrays(k: int) -> None:
    (row,) = encodings.tabulate_costs([k], filters=1, kernel_size=1, output_dim=3)
    codes = np.zeros((1, 12), "uint8")
    one_hot, embedding = (
        keras.ops.convert_to_numpy(layer(codes))[0, 0]
        for layer in (KmerOneHot(k), KmerEmbedding(k, 3))
    )
    assert row.channels == one_hot.size
    assert row.one_hot_bytes == one_hot.nbytes
    assert row.embedding_bytes == embedding.nbytes
    assert row.code_bytes == codes[0, 0].nbytes


def test_growth_is_fourfold() -> None:
    rows = encodings.tabulate_costs(range(3, 15), filters=8, kernel_size=3)
    assert [row.channels for row in rows] == [2 ** (2 * k) for k in range(3, 15)]


@pytest.mark.parametrize(
    "argument",
    [{"filters": 0}, {"kernel_size": -1}, {"output_dim": 2.5}, {"k": [2, 0]}],
)
def test_impossible_costs_are_refused(argument: dict) -> None:
    name, value = next(iter(argument.items()))
    value = 0 if name == "k" else value
    with pytest.raises(InputError, match=f"positive integer. Received: {name}={value}"):
        encodings.tabulate_costs(**{"filters": 4, "kernel_size": 3} | argument)


@pytest.mark.parametrize("name", NAMES)
def test_codes_in_front_of_every_architecture(name: str) -> None:
    """The same predictions as from one-hot, and a byte per base at the border."""
    model = small_model(name)
    if len(model.inputs) > 1:
        pytest.skip("reads more than a sequence")
    length = model.inputs[0].shape[1]
    inputs = keras.Input((length,), dtype="uint8")
    wrapped = keras.Model(inputs, model(OneHot()(inputs)))
    assert wrapped.inputs[0].dtype == "uint8"
    assert_reads_codes(wrapped, model, length or case(name).sequence_length)


def test_codes_in_front_of_an_architecture_as_a_stack() -> None:
    model = small_model("kmer")
    stack = [keras.Input((None,), dtype="uint8"), OneHot(), model]
    assert_reads_codes(keras.Sequential(stack), model, 40)


def assert_reads_codes(wrapped: keras.Model, model: keras.Model, length: int) -> None:
    codes = np.random.default_rng(0).integers(0, 5, (3, length), dtype="uint8")
    one_hot = np.eye(5, 4, dtype="float32")[codes]
    received, expected = (
        wrapped.predict_on_batch(codes),
        model.predict_on_batch(one_hot),
    )
    keras.tree.assert_same_structure(received, expected)
    keras.tree.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6),
        received,
        expected,
    )
