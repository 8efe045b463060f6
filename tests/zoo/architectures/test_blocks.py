from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tests.zoo.inspection.receptive_fields.extents import make_positive
from tests.zoo.layers.gradients import autodiff
from zoo.architectures import blocks
from zoo.models.weights import addresses

scipy_special = pytest.importorskip("scipy.special")


def model_of(block: Any, length: int | None = 41, channels: int = 3) -> keras.Model:
    inputs = keras.layers.Input((length, channels), name="x")
    return keras.Model(inputs, block(inputs))


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("f4")


def call(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x, training=False))


@pytest.mark.parametrize("downsampling", blocks.DOWNSAMPLINGS)
@pytest.mark.parametrize("length", [40, 41])
def test_each_downsampling_halves_the_length(downsampling: str, length: int) -> None:
    model = model_of(lambda x: blocks.downsample(x, downsampling, name="down"), length)
    assert call(model, normal(2, length, 3)).shape == (2, (length + 1) // 2, 3)
    assert all(address.startswith("down_") for address in addresses(model))


def reached(downsampling: str, x: np.ndarray) -> np.ndarray:
    """Which positions any gradient of the halved map reaches, in any channel."""
    model = model_of(
        lambda x: blocks.downsample(x, downsampling, name="down"), *x.shape[1:]
    )
    make_positive(model)  # no unit of the ReLU is off
    y = call(model, x)
    gradient, _ = autodiff(model, x, normal(*y.shape))
    assert gradient is not None
    return np.abs(gradient[0]).max(axis=-1) > 0


def test_maxima_drop_positions_that_a_strided_convolution_reaches() -> None:
    """One channel, so that no other channel can save a position."""
    x = np.abs(normal(1, 40, 1)) + 1.0
    assert reached("strided_convolution", x).all()
    assert reached("average_pooling", x).all()
    largest = np.zeros(40, bool)
    largest[np.arange(0, 40, 2) + x.reshape(20, 2).argmax(axis=1)] = True
    np.testing.assert_array_equal(reached("max_pooling", x), largest)
    assert largest.sum() == 20


@pytest.mark.parametrize("pooling", blocks.POOLINGS)
def test_each_pooling_is_its_equation(pooling: str) -> None:
    x = normal(2, 41, 3)
    model = model_of(lambda x: blocks.pool(x, pooling, name="pool"))
    kernel = normal(3, 1)
    if pooling == "attention":
        assert list(addresses(model)) == ["pool/kernel"]
        model.set_weights([kernel])
    weights = scipy_special.softmax(x @ kernel, axis=1)
    expected = {
        "max": x.max(axis=1),
        "average": x.mean(axis=1),
        "max_average": np.concatenate([x.max(axis=1), x.mean(axis=1)], axis=-1),
        "log_sum_exp": scipy_special.logsumexp(x.astype("f8"), axis=1),
        "attention": (weights * x).sum(axis=1),
        "flatten": x.reshape(2, -1),
    }
    assert expected.keys() == set(blocks.POOLINGS)
    np.testing.assert_allclose(call(model, x), expected[pooling], rtol=1e-4, atol=1e-5)


def test_other_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Expected pooling to be one of.*'min'"):
        model_of(lambda x: blocks.pool(x, "min"))
    with pytest.raises(ValueError, match=r"Expected downsampling to be one of.*'min'"):
        model_of(lambda x: blocks.downsample(x, "min", name="down"))
    with pytest.raises(ValueError, match="fixed sequence_length"):
        model_of(lambda x: blocks.pool(x, "flatten"), None)
