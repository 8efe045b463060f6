"""Every registered architecture, with one-hot input."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from tests.zoo.architectures.contract import NAMES, case, make
from tests.zoo.inspection.receptive_fields.extents import (
    extents,
    extents_of_changes,
    make_positive,
)
from zoo.inspection.receptive_fields import LayerField, ReceptiveField

SMOOTH = {
    layers.MaxPooling1D: layers.AveragePooling1D,
    layers.GlobalMaxPooling1D: layers.GlobalAveragePooling1D,
}


def smooth(model: keras.Model) -> keras.Model:
    """With averages for maxima, whose gradient reaches all that they see."""

    def copy(layer: layers.Layer) -> layers.Layer:
        kind = SMOOTH.get(type(layer), type(layer))
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=copy)


def to_compare(found: ReceptiveField) -> list[LayerField]:
    """The last map that does not see the whole length, and the last map."""
    maps = [layer for layer in found.layers if len(layer.output_shape) == 3]
    finite = [layer for layer in maps if layer.span]
    return [*finite[-1:], *maps[-1:], *found.outputs]


# The layers of an ensemble are inside of its members, which are tested by themselves.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "ensemble"])
def test_every_architecture_sees_what_its_gradient_reaches(name: str) -> None:
    model = smooth(make(name, sequence_length=case(name).sequence_length))
    one_input = not isinstance(model.input, dict)
    for layer in to_compare(zoo.receptive_field(model)):
        part = keras.Model(model.input, model.get_layer(layer.name).output)
        if one_input and name not in ("kmer", "gapped_kmer", "wide_and_deep"):
            measured = extents(part, channels=4)
        else:  # no gradient passes k-mers; other inputs stay as they are
            make_positive(part)
            measured = changes(part, name)
        np.testing.assert_array_equal(layer.intervals, measured, err_msg=layer.name)


def changes(model: keras.Model, name: str) -> np.ndarray:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (3, case(name).sequence_length))
    x, other = np.eye(4, dtype="f4")[codes], np.eye(4, dtype="f4")[(codes + 1) % 4]

    def call(x: np.ndarray) -> np.ndarray:
        inputs: Any = x
        if isinstance(model.input, dict):
            inputs = case(name).inputs(x[:3])
            copies = len(x) // 3
            inputs = {
                key: np.concatenate([value] * copies) for key, value in inputs.items()
            } | {"sequence": x}
        return keras.ops.convert_to_numpy(model(inputs, training=False))

    return extents_of_changes(call, x, other)


@pytest.mark.parametrize(
    ("name", "config", "span", "stride"),
    [
        # From the papers' own layer sizes, by hand.
        ("deepsea", {}, 163, 16),  # ((8 - 1) (1 + 4 + 16)) + (4 - 1) (1 + 4) + 1
        ("bpnet", {}, 2069, 1),  # 25 + 2 (2 + 4 + ... + 512)
        ("hierarchical_dilated", {}, 267, 1),
    ],
)
def test_known_spans(name: str, config: dict, span: int, stride: int) -> None:
    maps = [
        layer
        for layer in zoo.receptive_field(zoo.create(name, **config)).layers
        if layer.span and not layer.name.startswith("head_")
    ]
    assert (maps[-1].span, maps[-1].stride) == (span, stride)


def test_a_conjoined_profile_keeps_its_span() -> None:
    model = zoo.create(
        "hierarchical_dilated", sequence_length=64, bin_size=4, filters=4
    )
    both = zoo.conjoined(model)
    plain, found = zoo.receptive_field(model), zoo.receptive_field(both)
    assert found.outputs[0].span == plain.outputs[0].span
    assert found.outputs[0].stride == plain.outputs[0].stride == 4
