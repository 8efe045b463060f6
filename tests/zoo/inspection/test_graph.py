"""Tests of which models have a graph that can be followed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.errors import InputError
from zoo.inspection.graph import has_graph, trace


class Doubled(keras.Model):
    """Built of a graph, and not what the graph says."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        return 2 * super().call(inputs, training=training, mask=mask)


class Named(keras.Model):
    """Built of a graph, and what it says."""


def built(kind: type[keras.Model]) -> keras.Model:
    keras.utils.set_random_seed(0)
    sequence = keras.Input((12, 4))
    x = layers.GlobalMaxPooling1D()(layers.Conv1D(3, 4)(sequence))
    return kind(sequence, layers.Dense(1)(x))


@pytest.mark.parametrize("kind", [keras.Model, Named])
def test_functional_models_have_a_graph(kind: type[keras.Model]) -> None:
    assert has_graph(built(kind))


def test_a_call_of_its_own_is_not_the_graph() -> None:
    with pytest.raises(InputError, match="whose graph can be followed"):
        trace(built(Doubled))


@pytest.mark.filterwarnings("ignore:.*in full:UserWarning")
def test_a_call_of_its_own_is_what_is_explained() -> None:
    codes = np.random.default_rng(1).integers(0, 4, (1, 12)).astype("uint8")
    plain, doubled = (
        zoo.saturation_mutagenesis(built(kind), codes).values
        for kind in (keras.Model, Doubled)
    )
    np.testing.assert_allclose(doubled, 2 * plain, atol=1e-5)
    assert np.ptp(plain) > 0.1
