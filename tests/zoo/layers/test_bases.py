"""What all encoding layers read and refuse."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from zoo.layers import KmerEmbedding, KmerOneHot, NucleotideEmbedding, OneHot

LAYERS = [
    OneHot,
    lambda: NucleotideEmbedding(3),
    lambda: KmerOneHot(2),
    lambda: KmerEmbedding(2, 3),
]
every_layer = pytest.mark.parametrize(
    "make", LAYERS, ids=["OneHot", "NucleotideEmbedding", "KmerOneHot", "KmerEmbedding"]
)
every_layer_of_one_hot = pytest.mark.parametrize("make", LAYERS[1:])

CODES = np.array([[0, 1, 2, 3, 4, 3, 3, 0], [4, 4, 2, 2, 0, 1, 0, 2]])
# As CODES, with integers that are no codes in the place of each N.
OTHERS = np.array([[0, 1, 2, 3, 5, 3, 3, 0], [127, 8, 2, 2, 0, 1, 0, 2]])


def call(layer, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(x))


@every_layer
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
def test_codes_of_every_integer_dtype_are_the_same(make, dtype: str) -> None:
    layer = make()
    expected = call(layer, CODES.astype("uint8"))
    assert expected.any()
    np.testing.assert_array_equal(call(layer, CODES.astype(dtype)), expected)


@every_layer
def test_integers_that_are_no_code_are_unknown(make) -> None:
    layer = make()
    expected = call(layer, CODES.astype("uint8"))
    np.testing.assert_array_equal(call(layer, OTHERS.astype("uint8")), expected)
    negative = np.where(OTHERS == 5, -1, OTHERS).astype("int32")
    np.testing.assert_array_equal(call(layer, negative), expected)
    large = np.where(OTHERS == 127, 2**30, OTHERS).astype("int32")
    np.testing.assert_array_equal(call(layer, large), expected)


@every_layer_of_one_hot
def test_codes_and_one_hot_are_the_same(make) -> None:
    layer = make()
    one_hot = np.eye(5, dtype="float32")[CODES][..., :4]
    received = call(layer, CODES.astype("uint8"))
    # A matrix product may be summed in another order.
    np.testing.assert_allclose(received, call(layer, one_hot), rtol=1e-6)


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_codes_of_another_dtype_are_refused(make, dtype: str) -> None:
    message = rf'integer codes.*dtype="uint8".*shape \(2, 8\) and dtype {dtype}'
    with pytest.raises(ValueError, match=message):
        make()(CODES.astype(dtype))


@every_layer
def test_a_model_whose_input_has_the_dtype_of_keras_is_refused(make) -> None:
    with pytest.raises(ValueError, match=r'float32 without keras.Input.*dtype="uint8"'):
        make()(keras.Input((None,)))
    make()(keras.Input((None,), dtype="uint8"))


@every_layer
@pytest.mark.parametrize("shape", [(8,), (2, 8, 5), (2, 4, 8, 4)])
def test_other_shapes_are_refused(make, shape: tuple[int, ...]) -> None:
    for dtype in ("uint8", "float32"):
        with pytest.raises(ValueError, match=r"\(batch, length\).*Received: inputs"):
            make()(np.zeros(shape, dtype))


def test_one_hot_of_one_hot_is_refused() -> None:
    with pytest.raises(ValueError, match=r"A, C, G, T and N\. Received"):
        OneHot()(np.zeros((2, 8, 4), "float32"))
