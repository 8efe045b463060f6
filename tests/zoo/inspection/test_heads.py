"""Where the bins of a profile lie, as against the middle of the sequence."""

from __future__ import annotations

import contextlib

import keras
import pytest
from keras import layers

from zoo.inspection.heads import heads_of

LENGTH = 64


@pytest.mark.parametrize(
    ("cropping", "told"),
    [
        ((12, 12), None),
        ((16, 8), "'bins': more is cut off on the left, .* lies 4 bp .* to the right"),
        ((0, 24), "'bins': more is cut off on the right, .* lies 12 bp .* to the left"),
    ],
)
@pytest.mark.parametrize("size", [1, 4])
def test_one_sided_cropping_is_told(
    cropping: tuple[int, int], told: str | None, size: int
) -> None:
    inputs = keras.Input((LENGTH, 4))
    x = layers.Conv1D(1, 5, padding="same")(inputs)
    x = layers.Cropping1D(cropping)(x)
    model = keras.Model(inputs, layers.AveragePooling1D(size, name="bins")(x))
    warned = contextlib.nullcontext() if told is None else pytest.warns(match=told)
    with warned:
        (head,) = heads_of(model)
    assert (head.bins, head.bin_size) == (40 // size, size)


@pytest.mark.parametrize(
    "network",
    [
        [layers.Conv1D(1, 9, padding="causal")],
        [layers.Conv1D(1, 8)],
        [layers.AveragePooling1D(10)],
        [
            layers.Cropping1D(8),
            *(layers.Conv1D(1, 3, strides=2, padding="same") for _ in range(3)),
        ],
    ],
    ids=["causal", "even", "pooled", "strided"],
)
def test_what_is_off_by_itself_is_not(network: list[layers.Layer]) -> None:
    heads_of(keras.Sequential([keras.Input((LENGTH, 4)), *network]))


@pytest.mark.parametrize("size", [1, 600])
def test_a_model_whose_shortest_sequence_leaves_one_bin(size: int) -> None:
    inputs = keras.Input((None, 4))
    x = layers.Cropping1D(600)(inputs)  # 1000 bp, which are tried first, are too few
    x = layers.AveragePooling1D(size, name="bins")(layers.Conv1D(1, 5)(x))
    (head,) = heads_of(keras.Model(inputs, x))
    assert (head.bins, head.bin_size) == (None, size)
