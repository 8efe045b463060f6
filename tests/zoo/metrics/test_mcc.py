from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from zoo.metrics import MCC


def confusion(tp: int, fp: int, fn: int, tn: int) -> tuple[np.ndarray, np.ndarray]:
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [tp, fp, fn, tn])
    z = np.repeat([0.5, 0.5, -0.5, -0.5], [tp, fp, fn, tn])
    return y[:, None], z[:, None]


def value(metric: MCC, y: np.ndarray, z: np.ndarray) -> float:
    metric.update_state(y, z)
    return float(metric.result())


@pytest.mark.parametrize(
    "counts", [(5, 0, 0, 7), (0, 5, 7, 0), (90, 4, 5, 1), (3, 9, 2, 50), (1, 1, 1, 1)]
)
def test_the_equation(counts: tuple[int, ...]) -> None:
    tp, fp, fn, tn = counts
    root = np.sqrt(float((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
    expected = (tp * tn - fp * fn) / root
    assert np.isclose(value(MCC(), *confusion(*counts)), expected, atol=1e-6)


def test_against_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, (500, 1)).astype("f4")
    z = (generator.normal(size=y.shape) + y).astype("f4")
    for threshold in (-0.5, 0.0, 2.0):
        expected = sklearn.matthews_corrcoef(y[:, 0], z[:, 0] > threshold)
        received = value(MCC(threshold=threshold), y, z)
        assert np.isclose(received, expected, atol=1e-6)


def test_thresholds_of_logits_and_probabilities() -> None:
    y, z = confusion(9, 3, 2, 8)
    from_logits = value(MCC(), y, z)
    assert from_logits > 0
    assert value(MCC(from_logits=False), y, 1 / (1 + np.exp(-z))) == from_logits
    assert np.isnan(value(MCC(from_logits=False), y, z / 2 + 0.1))
    assert value(MCC(from_logits=False, threshold=0.2), y, z) == from_logits


def test_a_prediction_at_the_threshold_is_negative() -> None:
    assert value(MCC(), np.array([[0.0], [1.0]]), np.array([[0.0], [1e-30]])) == 1


def test_counts_beyond_float32() -> None:
    metric = MCC()
    metric.update_state(*confusion(1, 1, 1, 1))
    metric.counts.assign(ops.convert_to_tensor(metric.counts) * 40_000_001)
    metric.update_state(*confusion(1, 2, 0, 0))
    found = ops.convert_to_numpy(metric.counts)[0, :4]
    assert found.tolist() == [40_000_001, 40_000_003, 40_000_001, 40_000_002]
    assert abs(float(metric.result())) < 1e-6


def test_other_labels_are_noticed() -> None:
    assert np.isnan(value(MCC(), np.array([[0.0], [1.0], [2.0]]), np.ones((3, 1))))
