"""Distances of profiles from logits, against SciPy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from zoo.metrics import JensenShannonDistance
from zoo.training.stopping import better

distance = pytest.importorskip("scipy.spatial.distance")
ROWS, LENGTH, OUTPUTS = 24, 15, 2


def made(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Reads with missing positions and empty examples, and logits."""
    random = np.random.default_rng(seed)
    reads = random.poisson(1.0, (ROWS, LENGTH, OUTPUTS)).astype("f4")
    reads[random.random(reads.shape) < 0.1] = np.nan
    reads[3, :, 0], reads[4, :, 1] = 0, np.nan
    logits = random.normal(0, 4, reads.shape).astype("f4")
    logits[np.isnan(reads)] = 1e4  # seen by nobody
    return reads, logits


def expected(reads: np.ndarray, logits: np.ndarray) -> list[float]:
    found = []
    for output in range(OUTPUTS):
        values = []
        for y, z in zip(
            reads[..., output], logits[..., output].astype("f8"), strict=True
        ):
            known = ~np.isnan(y)
            if y[known].sum() > 0:
                shares = np.exp(z[known] - z[known].max())
                values.append(distance.jensenshannon(y[known], shares, base=2))
        found.append(np.mean(values) if values else np.nan)
    return found


def values(metric: Any) -> np.ndarray:
    return ops.convert_to_numpy(metric.per_output())


@pytest.mark.parametrize("batch", [5, ROWS])
def test_it_is_scipy_s_mean_over_examples_with_reads(batch: int) -> None:
    reads, logits = made()
    metric = JensenShannonDistance()
    for start in range(0, ROWS, batch):
        rows = slice(start, start + batch)
        metric.update_state(reads[rows], logits[rows])
    np.testing.assert_allclose(values(metric), expected(reads, logits), atol=1e-6)
    assert float(metric.result()) == pytest.approx(values(metric).mean())
    metric.reset_state()
    assert np.isnan(float(metric.result()))


def test_its_ends() -> None:
    reads = np.eye(LENGTH, dtype="f4")[:, :, None] * 9
    for logits, value in ((200 * reads, 0.0), (200 * reads[::-1], 1.0)):
        metric = JensenShannonDistance()
        off = np.arange(LENGTH) != LENGTH // 2  # the middle is its own reverse
        metric.update_state(reads[off], logits[off])
        assert float(metric.result()) == pytest.approx(value, abs=1e-3)


def test_a_prediction_that_is_no_number_is_seen() -> None:
    reads, logits = made()
    reads[7, 2, 0], logits[7, 2, 0] = 1, np.nan
    metric = JensenShannonDistance()
    metric.update_state(reads, logits)
    assert np.isnan(values(metric)).tolist() == [True, False]


def test_lower_is_better_and_keras_reads_it_back() -> None:
    metric = JensenShannonDistance()
    assert better("val_profile_jensen_shannon_distance", [metric]) == "min"
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is JensenShannonDistance and again.name == metric.name
    with pytest.raises(ValueError, match="batch, length, num_outputs"):
        metric.update_state(np.ones((3, 2)), np.ones((3, 2)))


@pytest.mark.parametrize("jit", [False, True])
def test_evaluate(jit: bool) -> None:
    if jit and keras.backend.backend() == "torch":
        pytest.skip("compiled PyTorch needs a C++ compiler")
    reads, logits = made()
    inputs = keras.Input((LENGTH, OUTPUTS))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    metric = JensenShannonDistance()
    model.compile("sgd", "mse", metrics=[metric], jit_compile=jit)
    found = model.evaluate(logits, reads, batch_size=7, verbose=0, return_dict=True)
    assert found["jensen_shannon_distance"] == pytest.approx(
        np.mean(expected(reads, logits)), abs=1e-6
    )
