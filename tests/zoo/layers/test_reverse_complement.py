from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo import dna
from zoo.layers import ReverseComplement


def run(x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(ReverseComplement()(x))


@given(st.lists(st.text("ACGTN", min_size=7, max_size=7), min_size=1, max_size=4))
def test_it_is_the_other_strand(sequences: list[str]) -> None:
    other = [dna.reverse_complement(sequence) for sequence in sequences]
    codes, expected = dna.encode_batch(sequences), dna.encode_batch(other)
    np.testing.assert_array_equal(run(codes), expected)
    np.testing.assert_array_equal(run(dna.one_hot(codes)), dna.one_hot(expected))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_codes_keep_their_type(dtype: str) -> None:
    codes = dna.encode("ACGTNNA")[None]
    y = ReverseComplement()(keras.ops.convert_to_tensor(codes, dtype=dtype))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(y), dna.reverse_complement_codes(codes)
    )
    symbolic = ReverseComplement()(keras.layers.Input((None,), dtype=dtype))
    assert symbolic.dtype == dtype


def test_probabilities_are_complemented_too() -> None:
    x = np.random.default_rng(0).dirichlet(np.ones(4), (2, 9)).astype("float32")
    np.testing.assert_array_equal(run(x), x[:, ::-1, [3, 2, 1, 0]])


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 4, 9), (2, 3, 4, 1), (4,)])
def test_other_inputs_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="one-hot \\(batch, length, 4\\)"):
        ReverseComplement()(np.zeros(shape, "float32"))
