"""Losses of one target, against closed forms in float64."""

from __future__ import annotations

import statistics

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from zoo import losses

moderate = arrays("f4", (4, 3), elements=st.floats(-12, 12, width=32))
labels = arrays("f4", (4, 3), elements=st.sampled_from([0.0, 1.0, np.nan]))
counts = arrays("f4", (4, 3), elements=st.just(np.nan) | st.floats(0, 9, width=32))


def value(loss: keras.losses.Loss, y: np.ndarray, z: np.ndarray) -> float:
    return float(keras.ops.convert_to_numpy(loss(y, z)))


def known_mean(each: np.ndarray, y: np.ndarray) -> float:
    known = ~np.isnan(y)
    return float(each[known].mean()) if known.any() else 0.0


@given(y=labels, z=moderate)
def test_binary_crossentropy(y, z) -> None:
    probability = 1 / (1 + np.exp(-z.astype("f8")))
    each = -np.log(np.where(y == 1, probability, 1 - probability))
    received = value(losses.MaskedBinaryCrossentropy(), y, z)
    assert np.isclose(received, known_mean(each, y), rtol=1e-4)


@given(y=counts, z=arrays("f4", (4, 3), elements=st.floats(-5, 3, width=32)))
def test_poisson(y, z) -> None:
    each = np.exp(z.astype("f8")) - y.astype("f8") * z.astype("f8")
    received = value(losses.MaskedLogPoisson(), y, z)
    assert np.isclose(received, known_mean(each, y), rtol=1e-4, atol=1e-4)


@given(y=counts, z=moderate)
def test_mean_squared_error(y, z) -> None:
    each = (y.astype("f8") - z.astype("f8")) ** 2
    received = value(losses.MaskedMeanSquaredError(), y, z)
    assert np.isclose(received, known_mean(each, y), rtol=1e-5)


def test_binary_crossentropy_keeps_small_losses() -> None:
    y, z = np.array([[1.0], [0.0]], "f4"), np.array([[30.0], [-30.0]], "f4")
    received = value(losses.MaskedBinaryCrossentropy(), y, z)
    assert np.isclose(received, np.log1p(np.exp(-30.0)), rtol=1e-5)


@pytest.mark.parametrize("z", [-1e4, 1e4])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_binary_crossentropy_of_large_logits_is_exact(y: float, z: float) -> None:
    received = value(
        losses.MaskedBinaryCrossentropy(), np.array([[y]]), np.array([[z]])
    )
    assert received == max(0.0, z * (1 - 2 * y))


def test_poisson_goes_on_by_its_tangent() -> None:
    z = np.array([[30.0], [31.0], [1e4]], "f4")
    for row in z:
        received = value(losses.MaskedLogPoisson(), np.zeros((1, 1)), row[None])
        assert np.isclose(received, np.exp(30.0) * (1 + row[0] - 30), rtol=1e-5)


classes = arrays("i4", (6,), elements=st.integers(-1, 3))


@given(y=classes, z=arrays("f4", (6, 4), elements=st.floats(-50, 50, width=32)))
def test_categorical_crossentropy_of_numbers_and_rows(y, z) -> None:
    loss = losses.MaskedCategoricalCrossentropy()
    shares = np.exp(z.astype("f8"))
    shares /= shares.sum(axis=1, keepdims=True)
    known = y >= 0
    each = -np.log(shares[np.arange(6), y])
    expected = each[known].mean() if known.any() else 0.0
    as_float = np.where(known, y, np.nan).astype("f4")
    rows = np.where(known[:, None], np.eye(4, dtype="f4")[y], np.nan).astype("f4")
    for target in (y, y[:, None], as_float, rows):
        assert np.isclose(value(loss, target, z), expected, rtol=1e-4, atol=1e-6)


def test_categorical_crossentropy_of_probabilities() -> None:
    y, z = np.array([[0.5, 0.25, 0.25]], "f4"), np.array([[1.0, 2.0, 4.0]], "f4")
    expected = np.log(np.exp(z.astype("f8")).sum()) - (y * z).sum()
    assert np.isclose(
        value(losses.MaskedCategoricalCrossentropy(), y, z), expected, rtol=1e-5
    )


@pytest.mark.parametrize("label", [4.0, -2.0, 1.5])
def test_a_number_that_is_no_class_is_not_passed_over(label: float) -> None:
    y = np.array([0.0, label], "f4")
    assert np.isnan(value(losses.MaskedCategoricalCrossentropy(), y, np.ones((2, 4))))


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="MaskedBinaryCrossentropy"):
        losses.MaskedCategoricalCrossentropy()(np.ones((2, 1)), np.ones((2, 1)))


def test_targets_without_the_axis_of_one_output() -> None:
    y, z = np.array([0.0, 1.0, 1.0], "f4"), np.array([[1.0], [2.0], [-3.0]], "f4")
    for loss in (losses.MaskedBinaryCrossentropy(), losses.MaskedMeanSquaredError()):
        assert value(loss, y, z) == value(loss, y[:, None], z)


@given(st.lists(st.integers(0, 10**6), min_size=1).filter(any), st.floats(0.01, 9))
def test_counts_loss_weight(counts, alpha) -> None:
    for statistic in (statistics.mean, statistics.median):
        name = statistic.__name__
        received = losses.counts_loss_weight(
            [*counts, np.nan], alpha=alpha, statistic=name
        )
        assert np.isclose(received, alpha * statistic(counts) / 2, rtol=1e-12)


@pytest.mark.parametrize("counts", [[], [np.nan], [0, 0], [-1, 5]])
def test_counts_loss_weight_refuses(counts: list[float]) -> None:
    with pytest.raises(ValueError, match="Received"):
        losses.counts_loss_weight(counts)
    with pytest.raises(ValueError, match="alpha=0"):
        losses.counts_loss_weight([1], alpha=0)
    with pytest.raises(ValueError, match="statistic"):
        losses.counts_loss_weight([1], statistic="mode")
