"""AUROC and AUPRC: bins, error bounds, large counts, other implementations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import ops

from tests.zoo.metrics import references
from zoo.metrics import AUPRC, AUROC
from zoo.metrics.score_histogram import ScoreHistogramMetric

SIZE = 64  # of one shape, so that JAX compiles once
scores = st.lists(
    st.floats(width=32, allow_nan=False) | st.floats(-20, 20, width=32),
    min_size=SIZE,
    max_size=SIZE,
)
probabilities = st.lists(st.floats(0, 1, width=32), min_size=SIZE, max_size=SIZE)
either = pytest.mark.parametrize("kind", [AUROC, AUPRC])


def bins(metric: ScoreHistogramMetric, values: np.ndarray) -> np.ndarray:
    found, valid = metric._bins(ops.convert_to_tensor(values.astype("f4")))
    assert ops.convert_to_numpy(valid).all()
    return ops.convert_to_numpy(found)


def measured(metric: Any, y: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """The value and its error bound."""
    metric.update_state(y[:, None].astype("f4"), z[:, None].astype("f4"))
    return float(metric.result()), float(ops.convert_to_numpy(metric.error_bound())[0])


@given(scores, st.sampled_from([0, 4, 10, 12]))
def test_bins_keep_the_order_of_any_scores(values, bits) -> None:
    metric = AUROC(mantissa_bits=bits)
    found = bins(metric, np.sort(np.array(values, "f4")))
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0 and found.max() <= metric.slots - 2


@given(probabilities)
def test_bins_keep_the_order_of_probabilities(values) -> None:
    metric = AUROC(from_logits=False)
    found = bins(metric, np.sort(np.array(values, "f4")))
    assert (np.diff(found) >= 0).all()
    assert found.min() >= 0 and found.max() <= metric.slots - 2


@pytest.mark.parametrize("bits", [0, 4, 10])
def test_scores_further_apart_than_the_resolution_are_told_apart(bits: int) -> None:
    step = 1 + 2.0**-bits
    powers = step ** np.arange(10 * 2**bits) * 1e-3
    for values in (powers, -powers):
        assert np.unique(bins(AUROC(mantissa_bits=bits), values)).size == values.size
    below = powers[powers < 0.5]
    metric = AUROC(from_logits=False, mantissa_bits=bits)
    for values in (below, 1 - below):
        assert np.unique(bins(metric, values)).size == below.size


def test_zeros_are_one_score() -> None:
    assert len(set(bins(AUROC(), np.array([0.0, -0.0])))) == 1


@either
@settings(max_examples=30)
@given(
    values=st.lists(
        st.floats(0.99, 1.01) | st.integers(-3, 3),
        min_size=SIZE,
        max_size=SIZE,
    ),
    seed=st.integers(0, 999),
    bits=st.sampled_from([0, 5, 10]),
)
def test_the_error_is_within_the_bound(kind, values, seed, bits) -> None:
    z = np.array(values, "f4").astype("f8")
    y = np.random.default_rng(seed).integers(0, 2, SIZE)
    y[:2] = 0, 1
    value, bound = measured(kind(mantissa_bits=bits), y, z)
    exact = getattr(references, kind.__name__.lower())(y, z)
    assert abs(value - exact) <= bound + 1e-6


@either
@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("positives", [0.5, 0.01])
def test_small_bounds_on_many_rows(kind: Any, from_logits: bool, positives: float):
    sklearn = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(0)
    y = (generator.random(100_000) < positives).astype("f4")
    z = (generator.normal(size=y.size) * 3 + 3 * y - 2).astype("f4")
    if not from_logits:
        z = (1 / (1 + np.exp(-z))).astype("f4")
    value, bound = measured(kind(from_logits=from_logits), y, z)
    function = {
        AUROC: sklearn.roc_auc_score,
        AUPRC: sklearn.average_precision_score,
    }[kind]
    assert abs(value - function(y, z)) <= bound
    assert bound < (1e-4 if kind is AUROC else 4e-4)


@either
def test_by_hand(kind: Any) -> None:
    y, z = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    value, bound = measured(kind(), y, z)
    assert np.isclose(value, {AUROC: 3 / 4, AUPRC: 5 / 6}[kind], atol=1e-6)
    # A bin with one class only knows its order.
    assert bound == 0 if kind is AUROC else bound < 1e-6


def test_two_classes_in_one_bin() -> None:
    y, z = np.array([1, 0]), np.array([1.0, 1.00001])
    assert measured(AUROC(), y, z) == (0.5, 0.5)
    assert measured(AUPRC(), y, z) == (0.5, 0.5)


@either
def test_counts_beyond_float32(kind: Any) -> None:
    """A float32 counter stands still at 2^24."""
    metric = kind(mantissa_bits=0)
    y, z = np.array([[1.0], [0.0]], "f4"), np.array([[2.0], [-2.0]], "f4")
    metric.update_state(y, z)
    metric.counts.assign(ops.convert_to_tensor(metric.counts) * 40_000_001)
    for _ in range(3):
        metric.update_state(y[:1], -z[:1])
    found = ops.convert_to_numpy(metric.counts)[0]
    assert sorted(found[found > 0].tolist()) == [3, 40_000_001, 40_000_001]
    assert np.isclose(float(metric.result()), 1.0, atol=1e-6)


@pytest.mark.parametrize("probability", [-0.1, 1.5])
def test_logits_given_as_probabilities_are_noticed(probability: float) -> None:
    y, z = np.array([0, 1, 1]), np.array([0.2, 0.4, probability])
    assert np.isnan(measured(AUROC(from_logits=False), y, z)[0])
    assert not np.isnan(measured(AUROC(), y, z)[0])


@either
@pytest.mark.parametrize("label", [2.0, -1.0, 0.5])
def test_other_labels_are_noticed(kind: Any, label: float) -> None:
    assert np.isnan(measured(kind(), np.array([0, 1, label]), np.ones(3))[0])


def test_mantissa_bits_are_limited() -> None:
    for bits in (-1, 13):
        with pytest.raises(ValueError, match=f"mantissa_bits={bits}"):
            AUROC(mantissa_bits=bits)


def test_against_the_metrics_of_the_releases() -> None:
    pytest.importorskip("sklearn")
    from zoo.training.reports.evaluation import classification_metrics

    generator = np.random.default_rng(1)
    y = generator.integers(0, 2, (300, 2)).astype("f8")
    y[generator.random(y.shape) < 0.1] = np.nan
    p = generator.random((300, 2))
    entries = classification_metrics("ab", y, p, split="test", seed=0, resamples=2)
    released = {entry["name"]: entry["value"] for entry in entries}
    for kind in (AUROC, AUPRC):
        metric = kind(from_logits=False)
        metric.update_state(y, p)
        bound = ops.convert_to_numpy(metric.error_bound()).max()
        expected = released[f"{metric.name}_mean"]
        assert np.isclose(float(metric.result()), expected, atol=bound + 2e-6)
