"""What every loss keeps: masks, weights, reductions, dtypes, configs."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tests.zoo.losses.gradients import gradient
from zoo import losses

SHAPE = (3, 5, 4)


def targets(name: str, seed: int = 0) -> np.ndarray:
    """Targets (3, 5, 4) without a missing one, fit for the loss."""
    generator = np.random.default_rng(seed)
    if name == "MaskedCategoricalCrossentropy":
        return np.eye(4, dtype="float32")[generator.integers(0, 4, SHAPE[:2])]
    if name == "MaskedBinaryCrossentropy":
        return generator.integers(0, 2, SHAPE).astype("float32")
    return generator.poisson(3.0, SHAPE).astype("float32")


def logits(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=SHAPE).astype("float32")


NAMES = sorted(
    name for name in losses.__all__ if isinstance(getattr(losses, name), type)
)
every_loss = pytest.mark.parametrize("name", NAMES)


def value(loss: keras.losses.Loss, *arguments: Any) -> np.ndarray:
    return ops.convert_to_numpy(loss(*arguments))


def make(name: str, /, **arguments: Any) -> keras.losses.Loss:
    return getattr(losses, name)(**arguments)


@every_loss
def test_reductions_are_over_known_targets(name: str) -> None:
    y, z = targets(name), logits()
    y[0, 1], y[1], y[2, :, 3] = np.nan, np.nan, np.nan
    each = value(make(name, reduction=None), y, z)
    full = value(make(name, reduction=None), targets(name), z)
    if name == "MaskedCategoricalCrossentropy":
        known = np.zeros(SHAPE[:2], bool)
        known[0, [0, 2, 3, 4]] = True
    elif name == "MultinomialNegativeLogLikelihood":
        known = np.ones((3, 4), bool)
        known[1], known[2, 3] = False, False
        full = np.where(known, each, full)  # its positions are not independent
    else:
        known = ~np.isnan(y)
    if name == "MaskedCategoricalCrossentropy":
        assert each.shape == SHAPE[:2]
    np.testing.assert_allclose(each, np.where(known, full, 0), rtol=1e-6)
    assert (each[known] > -10).all() and each[known].any()
    for reduction in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        received = value(make(name, reduction=reduction), y, z)
        assert np.isclose(received, each.sum() / known.sum(), rtol=1e-5)
    assert np.isclose(value(make(name, reduction="sum"), y, z), each.sum(), rtol=1e-5)


@every_loss
def test_weights_of_examples_and_of_targets(name: str) -> None:
    y, z = targets(name), logits()
    y[0, 0, 0] = np.nan
    each = value(make(name, reduction="none"), y, z)
    known = np.ones(each.shape, bool)
    if name == "MaskedCategoricalCrossentropy":
        known[0, 0] = False
    elif name != "MultinomialNegativeLogLikelihood":
        known[0, 0, 0] = False
    of_examples = np.array([1.0, 0.0, 2.5], "float32")
    of_targets = np.random.default_rng(2).random(each.shape).astype("float32")
    for weight in (of_examples, of_examples[:, None], of_targets):
        w = of_examples.reshape(-1, *[1] * (each.ndim - 1))
        w = weight if weight is of_targets else np.broadcast_to(w, each.shape)
        total = (each * w).sum()
        assert np.isclose(
            value(make(name), y, z, weight), total / known.sum(), rtol=1e-5
        )
        assert np.isclose(
            value(make(name, reduction="mean_with_sample_weight"), y, z, weight),
            total / w[known].sum(),
            rtol=1e-5,
        )
        assert np.isclose(
            value(make(name, reduction="sum"), y, z, weight), total, rtol=1e-5
        )


@every_loss
def test_nothing_known_is_zero(name: str) -> None:
    y = np.full(SHAPE, np.nan, "float32")
    assert value(make(name), y, logits()) == 0
    slope = gradient(lambda z: make(name)(y, z), logits())
    np.testing.assert_array_equal(slope, 0)


@every_loss
@pytest.mark.parametrize("behind_the_mask", [0.0, np.nan, np.inf])
def test_missing_targets_send_no_gradient(name: str, behind_the_mask: float) -> None:
    y, z = targets(name), logits()
    y[1, 2], z[1, 2] = np.nan, behind_the_mask
    slope = gradient(lambda z: make(name)(y, z), z)
    assert np.isfinite(slope).all()
    np.testing.assert_array_equal(slope[1, 2], 0)
    assert (slope[0] != 0).all()


@every_loss
def test_gradient_is_the_slope(name: str) -> None:
    y, z = targets(name).astype("float64"), logits().astype("float64")
    y[1, 2] = np.nan
    z[0] = 0.0  # where a head stands that begins with zeros
    # Keras's division for a mean is float32 with PyTorch.
    loss = make(name, dtype="float64", reduction="sum")
    if keras.backend.backend() == "jax":
        pytest.skip("JAX computes in float32 here")
    slope, step = gradient(lambda z: loss(y, z), z), 1e-6
    for index in [(0, 0, 0), (0, 3, 2), (2, 4, 1), (1, 0, 3)]:
        around = np.zeros(SHAPE)
        around[index] = step
        measured = (value(loss, y, z + around) - value(loss, y, z - around)) / (
            2 * step
        )
        assert np.isclose(slope[index], measured, rtol=1e-5, atol=1e-9)


@every_loss
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_large_logits_and_zero_counts(name: str, size: float) -> None:
    y, z = targets(name), logits() * np.float32(size)
    y[0] = np.where(name == "MaskedCategoricalCrossentropy", y[0], 0)
    assert np.isfinite(value(make(name), y, z))
    slope = gradient(lambda z: make(name)(y, z), z)
    assert np.isfinite(slope).all() and slope.any()


@every_loss
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_logits_are_computed_in_float32(name: str, dtype: str) -> None:
    y, z = targets(name), ops.cast(logits(), dtype)
    received = make(name)(y, z)
    assert keras.backend.standardize_dtype(received.dtype) == "float32"
    exact = value(make(name), y, ops.convert_to_numpy(ops.cast(z, "float32")))
    np.testing.assert_allclose(ops.convert_to_numpy(received), exact, rtol=1e-6)


@every_loss
def test_configs_round_trip(name: str) -> None:
    first = make(name, name="other", reduction="sum", dtype="float64")
    again = keras.losses.deserialize(keras.losses.serialize(first))
    assert type(again) is type(first)
    assert again.get_config() == first.get_config()
    assert (again.name, again.reduction, again.dtype) == ("other", "sum", "float64")


@every_loss
@pytest.mark.parametrize(
    ("y_shape", "weight_shape"), [((3, 5, 3), None), ((2, 5, 4), None), (SHAPE, (2,))]
)
def test_wrong_shapes_are_refused(name: str, y_shape: Any, weight_shape: Any) -> None:
    weight = None if weight_shape is None else np.ones(weight_shape, "float32")
    with pytest.raises(ValueError, match="Received"):
        make(name)(np.ones(y_shape, "float32"), logits(), weight)


@every_loss
def test_fit_with_weights_and_missing_targets(name: str) -> None:
    keras.utils.set_random_seed(0)
    inputs = keras.layers.Input((5, 2))
    model = keras.Model(inputs, keras.layers.Dense(4)(inputs))
    model.compile("sgd", make(name))
    y = targets(name)
    y[0, 1, 2] = np.nan
    x, weight = np.ones((3, 5, 2), "float32"), np.array([1.0, 0.5, 0.0], "float32")
    expected = value(
        make(name), y, ops.convert_to_numpy(model(x, training=False)), weight
    )
    history = model.fit(x, y, sample_weight=weight, batch_size=3, verbose=0)
    assert np.isclose(history.history["loss"][0], expected, rtol=1e-5)
    assert all(np.isfinite(w).all() for w in model.get_weights())
