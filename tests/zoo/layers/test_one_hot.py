from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo import dna
from zoo.layers import OneHot
from zoo.layers.one_hot import one_hot


@given(
    # JAX compiles each new shape.
    rows=st.sampled_from([(1, 1), (1, 30), (4, 7)]).flatmap(
        lambda shape: st.lists(
            st.text("ACGTN", min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        )
    )
)
def test_it_is_the_definition_and_what_dna_makes(rows: list[str]) -> None:
    received = keras.ops.convert_to_numpy(OneHot()(dna.encode_batch(rows)))
    expected = [[[float(base == c) for c in "ACGT"] for base in row] for row in rows]
    np.testing.assert_array_equal(received, expected)
    np.testing.assert_array_equal(received, dna.one_hot_strings(rows))


def test_every_byte() -> None:
    received = keras.ops.convert_to_numpy(OneHot()(np.arange(256, dtype="uint8")[None]))
    np.testing.assert_array_equal(received[0], np.eye(256, 4))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_it_is_made_in_the_compute_dtype(dtype: str) -> None:
    layer = OneHot(dtype=dtype)
    assert not layer.weights
    outputs = layer(keras.Input((None,), dtype="uint8"))
    assert outputs.dtype == dtype
    made = layer(np.zeros((1, 3), "uint8"))
    assert keras.backend.standardize_dtype(made.dtype) == dtype


def test_the_function_takes_codes_of_any_rank() -> None:
    codes = np.array([[[0, 4], [3, 1]]], "uint8")
    expected = np.eye(5, 4)[codes]
    received = keras.ops.convert_to_numpy(one_hot(keras.ops.convert_to_tensor(codes)))
    np.testing.assert_array_equal(received, expected)


def test_the_function_takes_codes_in_any_order_of_memory() -> None:
    codes = np.arange(12, dtype="uint8").reshape(3, 4) % 5
    tensor = keras.ops.transpose(keras.ops.convert_to_tensor(codes))
    received = keras.ops.convert_to_numpy(one_hot(tensor))
    np.testing.assert_array_equal(received, np.eye(5, 4)[codes.T])
