"""How wide bins are and where they lie, from the model's graph."""

from types import SimpleNamespace

import keras
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers

from zoo.errors import InputError
from zoo.prediction.genome import bins, tiles


def released(**config):
    outputs = [SimpleNamespace(name="y")]
    return SimpleNamespace(
        name="net_v1", architecture="net", config=config, outputs=outputs, heads=None
    )


@given(
    size=st.integers(1, 5),
    count=st.integers(2, 6),
    cropping=st.integers(0, 4),
    arms=st.integers(0, 3),
)
@settings(max_examples=10)
def test_pooled_and_cropped(size, count, cropping, arms):
    window = size * count + 2 * (cropping + arms)
    inputs = keras.Input((window, 4))
    x = layers.Conv1D(1, 2 * arms + 1)(inputs)
    outputs = layers.AveragePooling1D(size)(layers.Cropping1D(cropping)(x))
    found = bins.geometry(keras.Model(inputs, outputs), released(), window)
    assert found == tiles.Geometry(
        window, size * count, size, 0, (window - size * count) // 2
    )


def by_dense(count):
    """Whose graph does not say which bin is of which bases."""
    inputs = keras.Input((12, 4))
    x = layers.Dense(count)(layers.Flatten()(inputs))
    return keras.Model(inputs, layers.Reshape((count, 1))(x))


def test_what_the_graph_does_not_tell_the_builder_does():
    found = bins.geometry(by_dense(4), released(bin_size=2), 12)
    assert found == tiles.Geometry(12, 8, 2, 0, 2)
    assert bins.geometry(by_dense(12), released(), 12).bin_size == 1
    with pytest.raises(InputError, match=r"net_v1 predicts 4 bins .* argument bin_s"):
        bins.geometry(by_dense(4), released(), 12)
    with pytest.raises(InputError, match="4 bins of 5 bp"):
        bins.geometry(by_dense(4), released(bin_size=5), 12)
