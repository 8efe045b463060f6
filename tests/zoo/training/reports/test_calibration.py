"""Calibrations and thresholds, held to scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef

from zoo.training.configuration.tasks import Task
from zoo.training.reports.calibration import (
    background,
    best_threshold,
    calibration_error,
    chosen_threshold,
    facts_of,
    platt,
    probabilities,
    temperature,
)
from zoo.training.reports.evaluation import classification_metrics

BINARY = Task("multi-label", (), (), "probability", "MaskedBinaryCrossentropy")
CLASSES = Task("classes", (), (), "probability", "MaskedCategoricalCrossentropy")


def drawn(n: int, slope: float, intercept: float, seed: int = 0):
    """Labels and the logits from which a sigmoid of both arguments leads to them."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, n)
    p = 1 / (1 + np.exp(-(slope * logits + intercept)))
    return (random.random(n) < p).astype(float), logits


def test_platt_is_logistic_regression_on_smoothed_labels() -> None:
    labels, logits = drawn(400, 0.4, -1.2)
    positives = labels.sum()
    target = np.where(
        labels == 1,
        (positives + 1) / (positives + 2),
        1 / (len(labels) - positives + 2),
    )
    x = np.concatenate([logits, logits])[:, None]
    y = np.repeat([1, 0], len(logits))
    weights = np.concatenate([target, 1 - target])
    expected = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    expected.fit(x, y, weights)
    found = platt(labels, logits)
    assert found == pytest.approx(
        (expected.coef_[0, 0], expected.intercept_[0]), abs=1e-4
    )


def test_platt_is_finite_of_separated_labels_and_none_where_it_says_nothing() -> None:
    labels = np.repeat([0.0, 1.0], 20)
    separated = platt(labels, 50 * (labels - 0.5) + np.arange(40) / 100)
    assert separated is not None and 0 < separated[0] < 1
    assert platt(labels, -labels + np.arange(40) / 100) is None  # falls
    assert platt(labels[15:], labels[15:]) is None  # five negatives
    assert platt(labels, np.ones(40)) is None


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e4, 1e5), (1e-3, 0), (3.0, -40.0), (1e-4, 2.0)]
)
def test_platt_is_the_same_probability_of_logits_of_any_scale(scale, offset) -> None:
    labels, logits = drawn(400, 0.4, -1.2)
    slope, intercept = platt(labels, logits)
    scaled = platt(labels, scale * logits + offset)
    assert scaled is not None
    np.testing.assert_allclose(
        scaled[0] * (scale * logits + offset) + scaled[1],
        slope * logits + intercept,
        atol=1e-4,
    )


@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_platt_has_no_numbers_that_32_bits_lack(scale: float) -> None:
    labels, logits = drawn(400, 0.4, -1.2)
    assert platt(labels, scale * logits) is None


def test_logits_that_differ_by_their_rounding_are_constant() -> None:
    labels, logits = drawn(400, 0.4, -1.2)
    constant = (np.float32(-2.2) + 1e-7 * logits).astype(np.float32)
    assert np.ptp(constant) > 0
    assert platt(labels, constant.astype(np.float64)) is None
    assert platt(labels, np.where(labels == 1, np.nan, logits)) is None
    targets = np.eye(2)[labels.astype(int)]
    assert temperature(targets, np.full((400, 2), np.nan)) is None


def test_temperature_is_the_likeliest() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 4, (500, 3))
    p = np.exp(0.3 * logits)
    p /= p.sum(axis=1, keepdims=True)
    chosen = (random.random((500, 1)) > p.cumsum(axis=1)).sum(axis=1)
    targets = np.eye(3)[chosen.clip(0, 2)]

    def loss(slope: np.ndarray) -> float:
        z = slope * logits
        return float((np.log(np.exp(z).sum(1)) - (targets * z).sum(1)).mean())

    expected = minimize(loss, 1.0, tol=1e-10).x[0]
    assert temperature(targets, logits) == pytest.approx(expected, abs=1e-4)
    assert temperature(targets[:19], logits[:19]) is None
    sure = np.eye(3)[logits.argmax(axis=1)]
    assert temperature(sure, logits) is None  # infinite


def test_the_threshold_has_the_largest_mcc_of_all() -> None:
    labels, logits = drawn(200, 0.5, -2.0, seed=3)
    said = 1 / (1 + np.exp(-logits))
    said[::7] = said[0]  # ties
    threshold = best_threshold(labels, said)
    assert threshold is not None
    every = [matthews_corrcoef(labels, said >= cut) for cut in np.unique(said)]
    assert matthews_corrcoef(labels, said >= threshold) == pytest.approx(max(every))
    (mcc,) = (
        entry["value"]
        for entry in classification_metrics(
            ["a"],
            labels[:, None],
            said[:, None],
            split="test",
            seed=0,
            resamples=2,
            thresholds=[threshold],
        )
        if entry["name"] == "mcc_a"
    )
    assert mcc == pytest.approx(max(every), abs=1e-6)
    assert best_threshold(np.ones(5), np.arange(5)) is None
    assert best_threshold(np.array([0.0, 1, np.nan]), np.array([0.3, 0.3, 1])) is None


def test_a_threshold_between_neighbors_of_32_bits_leaves_the_lower_one() -> None:
    lower = np.float32(0.3)
    for _ in range(2):  # the middle is rounded to the even one
        upper = np.nextafter(lower, np.float32(1))
        said = np.array([lower, upper, upper])
        threshold = best_threshold(np.array([0.0, 1, 1]), said)
        assert (said >= threshold).tolist() == [False, True, True]
        ranked = np.repeat([lower, upper], [990, 10])
        (point,) = background("random", "", 100, ranked, 0.5).operating_points
        assert (ranked >= point.threshold).sum() == 10
        lower = upper


def test_calibration_error_of_bins_by_hand() -> None:
    # 0.1 and 0.9 lie in two bins: |0.1 - 1/2| and |0.9 - 1|, weighted 2 and 1.
    found = calibration_error(np.array([0, 1, 1]), np.array([0.1, 0.1, 0.9]))
    assert found == pytest.approx((2 * 0.4 + 0.1) / 3)
    assert calibration_error(np.array([1.0]), np.array([1.0])) == 0


def test_facts_mend_logits_that_are_too_sure() -> None:
    pairs = [drawn(2000, 0.25, 1.0, seed) for seed in (0, 1, 2, 3)]
    y, x = (np.stack([pair[k] for pair in pairs[:2]], 1) for k in (0, 1))
    y[:50, 0] = np.nan
    test = tuple(np.stack([pair[k] for pair in pairs[2:]], 1) for k in (0, 1))
    for one in facts_of(BINARY, (y, x), test, "test"):
        assert one.calibration is not None and one.threshold is not None
        assert one.calibration.slope == pytest.approx(0.25, abs=0.03)
        assert one.calibration.ece_before > 0.15 > 0.03 > one.calibration.ece_after


def test_facts_of_classes_have_one_temperature_and_no_threshold() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 4, (500, 3)).astype(np.float32)
    p = np.exp(0.3 * logits)
    p /= p.sum(axis=1, keepdims=True)
    chosen = (random.random((500, 1)) > p.cumsum(axis=1)).sum(axis=1)
    targets = np.eye(3)[chosen.clip(0, 2)]
    found = facts_of(CLASSES, (targets, logits), (targets, logits), "validation")
    assert len({one.calibration for one in found}) == 1 and not found[0].threshold
    said = probabilities(CLASSES, logits, found)
    scaled = np.exp(found[0].calibration.slope * logits)
    scaled /= scaled.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(said, scaled, atol=1e-6)


def test_no_more_of_a_background_pass_than_a_rate_allows() -> None:
    said = np.round(np.random.default_rng(0).random(10_000), 3)  # many ties
    found = background("random", "", 100, said, 0.25)
    assert found.positives == pytest.approx((said >= 0.25).mean(), abs=1e-6)
    for point, rate in zip(found.operating_points, (0.01, 0.001), strict=True):
        assert point.false_positives == rate
        assert rate * 0.5 < (said >= point.threshold).mean() <= rate
    assert not background("random", "", 100, said[:999], 0.25).operating_points
    assert not background("random", "", 100, np.ones(9999), 0.25).operating_points


def test_the_expected_mcc_chooses_better_than_that_of_few_labels() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=200_000) * 2 - 1
    probabilities = 1 / (1 + np.exp(-logits))
    labels = (random.random(len(logits)) < probabilities).astype("float64")

    def mcc(threshold: float | None) -> float:
        return float(matthews_corrcoef(labels, probabilities >= threshold))

    found: dict[bool, list[float]] = {True: [], False: []}
    for rows in random.integers(0, len(labels), (40, 150)):
        for calibrated, values in found.items():
            threshold = chosen_threshold(
                labels[rows], probabilities[rows], calibrated=calibrated
            )
            values.append(mcc(threshold))
    # The best there is, by the whole population.
    best = max(mcc(threshold) for threshold in np.linspace(0.2, 0.6, 41))
    lost = {calibrated: best - np.mean(values) for calibrated, values in found.items()}
    assert 0 <= lost[True] < 0.3 * lost[False]


def test_labels_of_one_kind_have_no_threshold() -> None:
    said = np.linspace(0.1, 0.9, 9)
    assert chosen_threshold(np.ones(9), said, calibrated=True) is None
    assert chosen_threshold(np.full(9, np.nan), said, calibrated=True) is None
