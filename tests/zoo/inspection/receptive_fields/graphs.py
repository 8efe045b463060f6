"""Random small graphs of Keras layers, for properties of their receptive fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from hypothesis import strategies as st
from keras import layers

from zoo.layers import LogSumExpPooling, SwapStrands

Draw = Callable[[st.SearchStrategy], Any]
MAX_LENGTH = 60


def _windows(draw: Draw) -> dict[str, Any]:
    """Arguments of a convolution; strides and dilation exclude each other."""
    strides, dilation_rate = draw(
        st.sampled_from([(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)])
    )
    return {
        "kernel_size": draw(st.integers(1, 5)),
        "strides": strides,
        "dilation_rate": dilation_rate,
        "padding": draw(st.sampled_from(["valid", "same"])),
    }


def convolution(draw: Draw, x: Any) -> Any:
    arguments = _windows(draw)
    if draw(st.booleans()):
        arguments["padding"] = "causal"
    return layers.Conv1D(2, activation="softplus", **arguments)(x)


def separable(draw: Draw, x: Any) -> Any:
    if draw(st.booleans()):
        return layers.SeparableConv1D(2, **_windows(draw))(x)
    return layers.DepthwiseConv1D(**_windows(draw))(x)


def pooling(draw: Draw, x: Any) -> Any:
    return layers.AveragePooling1D(
        draw(st.integers(1, 4)),
        strides=draw(st.sampled_from([None, 1, 2, 3])),
        padding=draw(st.sampled_from(["valid", "same"])),
    )(x)


def upsampling(draw: Draw, x: Any) -> Any:
    if draw(st.booleans()):
        return layers.UpSampling1D(draw(st.integers(1, 3)))(x)
    return layers.Conv1DTranspose(
        2,
        draw(st.integers(1, 4)),
        strides=draw(st.integers(1, 3)),
        padding=draw(st.sampled_from(["valid", "same"])),
    )(x)


def ends(draw: Draw, x: Any) -> Any:
    both = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    kind = draw(st.sampled_from([layers.Cropping1D, layers.ZeroPadding1D]))
    return kind(both)(x)


def slicing(draw: Draw, x: Any) -> Any:
    first, last = draw(st.integers(0, 3)), draw(st.sampled_from([None, -1, 20]))
    return x[:, first : last : draw(st.integers(1, 2))]


def residual(draw: Draw, x: Any) -> Any:
    rate = draw(st.integers(1, 4))
    y = layers.Conv1D(2, 3, dilation_rate=rate, padding="same")(x)
    y = layers.BatchNormalization()(y)
    return layers.Add()([x, y]) if draw(st.booleans()) else x + y


def branches(draw: Draw, x: Any) -> Any:
    """Two strided branches, joined; their strides may differ or agree."""
    sizes = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    strides = draw(st.integers(1, 2))
    both = [
        layers.Conv1D(1, size, strides=strides, padding="same")(x) for size in sizes
    ]
    return layers.Concatenate()(both)


def nested(draw: Draw, x: Any) -> Any:
    width = draw(st.integers(1, 3))
    if draw(st.booleans()):
        inner: Any = keras.Sequential(
            [layers.Conv1D(2, width, padding="same"), layers.Dense(2)]
        )
        return inner(x)
    inputs = layers.Input((None, 2))
    inner = keras.Model(inputs, layers.Conv1D(2, width, padding="causal")(inputs))
    return inner(inner(x))


def shared(draw: Draw, x: Any) -> Any:
    layer = layers.Conv1D(2, draw(st.integers(1, 3)), padding="same")
    return layer(layer(x))


def whole(draw: Draw, x: Any) -> Any:
    if draw(st.booleans()):
        return layers.SimpleRNN(2, return_sequences=True, activation="softplus")(x)
    gate = layers.GlobalAveragePooling1D(keepdims=True)(x)
    return layers.Multiply()([x, layers.Dense(2)(gate)])


def other_strand(draw: Draw, x: Any) -> Any:
    return SwapStrands()(x)


STEPS = [
    *(convolution, convolution, separable, pooling, pooling, upsampling, ends),
    *(slicing, residual, branches, nested, shared, whole, other_strand),
]


def graph(draw: Draw) -> keras.Model:
    """A model (batch, length, 2) -> (batch, units, 2) or (batch, 2).

    Drawn inside of a test: Keras seeds initialisers by `random`, which a hypothesis
    strategy may not use.
    """
    inputs = x = layers.Input((draw(st.integers(8, 40)), 2))
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=5)):
        try:
            y = step(draw, x)
        except ValueError:
            continue  # the window is longer than the map
        if 0 < y.shape[1] <= MAX_LENGTH:
            x = y
    if draw(st.integers(0, 4)) == 0:
        x = LogSumExpPooling()(x)
    return keras.Model(inputs, layers.Dense(2)(x))
