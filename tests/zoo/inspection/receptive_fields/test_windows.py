"""Every small window by itself: random graphs meet some of them too seldom."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.zoo.inspection.receptive_fields.extents import extents
from zoo import receptive_field
from zoo.inspection.receptive_fields import Window


def check(layer: layers.Layer, length: int) -> None:
    inputs = layers.Input((length, 2))
    model = keras.Model(inputs, layer(inputs))
    found = receptive_field(model).outputs[0].intervals
    np.testing.assert_array_equal(found, extents(model))


@pytest.mark.parametrize(
    ("size", "strides"), list(itertools.product([1, 2, 3, 5], [1, 2, 3]))
)
def test_windows_with_padding(size: int, strides: int) -> None:
    """Where "same" pads depends on whether strides divide the length."""
    for length in (11, 12):
        window: dict[str, Any] = {"strides": strides, "padding": "same"}
        check(layers.Conv1D(2, size, **window), length)
        check(layers.AveragePooling1D(size, **window), length)


@pytest.mark.parametrize(
    ("size", "strides"), list(itertools.product(range(1, 6), [1, 2, 3]))
)
def test_transposed_windows(size: int, strides: int) -> None:
    for padding in ("valid", "same"):
        check(layers.Conv1DTranspose(2, size, strides=strides, padding=padding), 7)


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_a_window_gives_as_many_units_as_keras(padding: str) -> None:
    for size, strides, rate in [(1, 1, 1), (4, 1, 1), (4, 3, 1), (3, 1, 4), (2, 2, 1)]:
        layer = layers.Conv1D(
            1, size, strides=strides, dilation_rate=rate, padding=padding
        )
        for length in range(9, 14):
            expected = layer.compute_output_shape((1, length, 4))[1]
            assert Window(size, strides, rate, padding).units(length) == expected
