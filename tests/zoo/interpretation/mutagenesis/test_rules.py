"""Tests of the rules of single layers, in networks drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers

from tests.zoo.architectures.float64 import randomise
from tests.zoo.interpretation.mutagenesis.test_incremental import compare
from zoo import layers as own
from zoo.interpretation.mutagenesis.incremental import IncrementalSubstitutions
from zoo.interpretation.targets import Target, Targets, targets_of

LENGTH = 30
Layer = Callable[[], Any]

#: Of a tensor (batch, length, 6) to one like it, maybe shorter; each has a rule.
LOCAL: dict[str, Layer] = {
    "same": lambda: layers.Conv1D(6, 4, padding="same", activation="relu"),
    "causal": lambda: layers.Conv1D(
        6, 3, padding="causal", dilation_rate=3, activation="gelu"
    ),
    "strided": lambda: layers.Conv1D(6, 5, strides=2, padding="same"),
    "strided valid": lambda: layers.Conv1D(6, 3, strides=3, activation="tanh"),
    "dilated": lambda: layers.Conv1D(
        6, 3, padding="same", dilation_rate=4, activation="silu"
    ),
    "groups": lambda: layers.Conv1D(6, 3, groups=2, padding="same"),
    "depthwise": lambda: layers.DepthwiseConv1D(
        3, padding="same", dilation_rate=2, activation="relu"
    ),
    "many filters": lambda: layers.Conv1D(12, 3, padding="same", activation="elu"),
    "many strided": lambda: layers.Conv1D(12, 3, strides=2, activation="exponential"),
    "dense": lambda: layers.Dense(9, activation="sigmoid"),
    "rc": lambda: own.RCConv1D(6, 3, padding="same"),
    "norm": lambda: layers.BatchNormalization(),
    "rc norm": lambda: own.RCBatchNormalization(),
    "layer norm": lambda: layers.LayerNormalization(),
    "leaky": lambda: layers.LeakyReLU(0.2),
    "relu6": lambda: layers.ReLU(max_value=6),
    "prelu": lambda: layers.PReLU(shared_axes=[1]),
    "softmax": lambda: layers.Activation("softmax"),
    "rescaling": lambda: layers.Rescaling(0.5, offset=1),
    "dropout": lambda: layers.Dropout(0.5),
    "max": lambda: layers.MaxPooling1D(3, 1, padding="same"),
    "max strided": lambda: layers.MaxPooling1D(3, 2, padding="same"),
    "max valid": lambda: layers.MaxPooling1D(2),
    "average": lambda: layers.AveragePooling1D(3, 2, padding="same"),
    "average valid": lambda: layers.AveragePooling1D(2),
    "crop": lambda: layers.Cropping1D((1, 2)),
    "pad": lambda: layers.ZeroPadding1D((2, 1)),
}

POOLINGS: dict[str, Layer] = {
    "average": lambda: layers.GlobalAveragePooling1D(),
    "max": lambda: layers.GlobalMaxPooling1D(),
    "log_sum_exp": lambda: own.LogSumExpPooling(
        temperature=0.5, background=-1.0, learn_temperature=True, learn_background=True
    ),
    "log_mean_exp": lambda: own.LogSumExpPooling(reduction="mean"),
    "attention": lambda: own.AttentionPooling(num_heads=3),
    "flatten": lambda: layers.Flatten(),
}


def of_six(x: Any) -> Any:
    return x if x.shape[-1] == 6 else layers.Conv1D(6, 1)(x)


def network(names: list[str], shortcut: str, pooling: str) -> keras.Model:
    """A stem, the layers, a merge of the last with the one before, and a pooling."""
    inputs = keras.Input((LENGTH, 4), name="sequence")
    x = layers.Conv1D(6, 3, padding="same")(inputs)
    for name in names:
        x = LOCAL[name]()(of_six(x))
    y = layers.Conv1D(x.shape[-1], 3, padding="same", activation="relu")(x)
    if shortcut != "none":
        merge = getattr(layers, shortcut)
        y = merge()([x, y])
    return keras.Model(inputs, layers.Dense(2)(POOLINGS[pooling]()(of_six(y))))


def checked(model: keras.Model, seed: int) -> None:
    randomise(model, seed)
    codes = np.random.default_rng(seed).integers(0, 4, (2, LENGTH)).astype("uint8")
    codes[1, [0, 7]] = 4
    made = IncrementalSubstitutions(model, targets_of(model)).plan()
    assert not made.unknown
    assert len(made.rest) <= 3
    compare(model, targets_of(model), codes)


@pytest.mark.parametrize("name", LOCAL)
def test_each_layer(name: str) -> None:
    checked(network([name], "Add", "average"), 1)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_each_pooling(pooling: str) -> None:
    checked(network(["max valid"], "Add", pooling), 2)


@pytest.mark.parametrize("shortcut", ["Average", "Multiply", "Concatenate", "none"])
def test_each_merge(shortcut: str) -> None:
    checked(network(["same"], shortcut, "max"), 3)


def test_gapped_words() -> None:
    inputs = keras.Input((LENGTH, 4), name="sequence")
    words = own.GappedKmerEmbedding(("1101", "11"), 3, scale=0.5)(inputs)
    x = layers.GlobalMaxPooling1D()(layers.Conv1D(6, 3, padding="same")(inputs))
    checked(keras.Model(inputs, layers.Dense(2)(layers.Concatenate()([words, x]))), 4)


@settings(max_examples=6)
@given(
    names=st.lists(st.sampled_from(sorted(LOCAL)), min_size=2, max_size=4),
    shortcut=st.sampled_from(["Add", "Multiply", "Concatenate", "none"]),
    pooling=st.sampled_from(sorted(POOLINGS)),
    seed=st.integers(0, 99),
)
def test_networks_drawn_at_random(
    names: list[str], shortcut: str, pooling: str, seed: int
) -> None:
    strided = ("strided", "max strided", "average", "valid", "many strided")
    if sum(name.endswith(strided) for name in names) > 2:
        names = [name for name in names if not name.endswith(strided)]
    checked(network(names, shortcut, pooling), seed)


def test_pooling_neither_overflows_nor_vanishes() -> None:
    """A mutation may take away what all other positions are small against."""
    inputs = keras.Input((LENGTH, 4), name="sequence")
    pooled = own.AttentionPooling()(inputs)
    model = keras.Model(inputs, pooled)
    model.layers[-1].kernel.assign([[300.0], [0.0], [-300.0], [50.0]])
    codes = np.full((1, LENGTH), 2, "uint8")
    codes[0, 11] = 0
    values = IncrementalSubstitutions(model, targets_of(model))(codes)
    np.testing.assert_allclose(values[0, 11, 0], [1, 0, 0, 0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(values[0, 11, 2], [0, 0, 1, 0], rtol=0, atol=1e-6)


def test_what_has_no_rule_is_in_full_and_named() -> None:
    inputs = keras.Input((LENGTH, 4), name="sequence")
    x = layers.Conv1D(6, 3, padding="same", name="stem")(inputs)
    x = layers.LSTM(4, return_sequences=True, name="memory")(x)
    x = layers.Conv1D(3, 3, name="behind")(x)
    model = keras.Model(inputs, layers.GlobalMaxPooling1D()(x))
    made = IncrementalSubstitutions(model, targets_of(model)).plan()
    assert made.unknown == ["memory"]
    assert [call.name for call, _ in made.calls] == ["stem"]
    codes = np.random.default_rng(0).integers(0, 4, (1, LENGTH)).astype("uint8")
    compare(model, targets_of(model), codes, 5, 20)


def test_heads_that_are_not_asked_for_are_not_computed() -> None:
    inputs = keras.Input((LENGTH, 4), name="sequence")
    pooled = layers.GlobalMaxPooling1D()(inputs)
    outputs = {name: layers.Dense(1, name=name)(pooled) for name in ("one", "other")}
    model = keras.Model(inputs, outputs)
    targets = Targets([Target("one", "one", (0,))])
    made = IncrementalSubstitutions(model, targets).plan()
    assert [call.name for call in made.rest] == ["one"]


def test_a_normalization_is_not_put_into_what_others_read() -> None:
    """By another name: dropout returns what it gets."""
    inputs = keras.Input((LENGTH, 4), name="sequence")
    x = layers.Conv1D(6, 3, padding="same")(inputs)
    y = layers.BatchNormalization()(layers.Dropout(0.1)(x))
    z = layers.BatchNormalization()(layers.Identity()(x))
    x = layers.Activation("relu")(layers.Add()([x, y, z]))
    pooled = layers.GlobalAveragePooling1D()(x)
    checked(keras.Model(inputs, layers.Dense(2)(pooled)), 4)


class Doubled(layers.Dropout):
    """Is a dropout, and computes what it likes."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        return 2 * inputs


@pytest.mark.parametrize(
    ("layer", "options"),
    [(Doubled(0.5), {}), (layers.BatchNormalization(), {"training": True})],
)
def test_what_only_looks_like_a_layer_with_a_rule_has_none(
    layer: Any, options: dict[str, Any]
) -> None:
    inputs = keras.Input((LENGTH, 4), name="sequence")
    x = layers.Conv1D(6, 3, activation="relu")(inputs)
    x = layer(x, **options)
    model = keras.Model(inputs, layers.GlobalMaxPooling1D()(x))
    made = IncrementalSubstitutions(model, targets_of(model)).plan()
    assert made.unknown == [layer.name]


def test_masks_reach_what_is_in_full() -> None:
    inputs = keras.Input((LENGTH, 4), name="sequence")
    signals = keras.Input((LENGTH, 3), name="signals")
    x = layers.Conv1D(6, 3, padding="same")(inputs)
    x = layers.MultiHeadAttention(1, 4)(x, layers.Masking()(signals))
    pooled = layers.GlobalAveragePooling1D()(x)
    model = keras.Model([inputs, signals], layers.Dense(2)(pooled))
    randomise(model, 5)
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, (1, LENGTH)).astype("uint8")
    given = rng.normal(size=(1, LENGTH, 3)).astype("float32")
    given[:, ::2] = 0
    compare(model, targets_of(model), codes, 10, 14, {"signals": given})
