"""Pearson and Spearman: digits, ties, capacity, SciPy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from tests.zoo.metrics import references
from zoo.metrics import Pearson, Spearman


def value(metric: Any, y: np.ndarray, z: np.ndarray, batch: int) -> float:
    for start in range(0, len(y), batch):
        rows = slice(start, start + batch)
        metric.update_state(y[rows, None], z[rows, None])
    return float(metric.result())


def pair(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    y = generator.normal(size=rows)
    return y, 0.6 * y + generator.normal(size=rows)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, -3e7])
@pytest.mark.parametrize("batch", [50, 5000])
def test_pearson_of_large_offsets(offset: float, batch: int) -> None:
    """Sums of squares in float32 would have no digit left."""
    y, z = pair(5000)
    y, z = (y * 10 + offset).astype("f4"), (z * 10 - offset).astype("f4")
    expected = references.pearson(y.astype("f8"), z.astype("f8"))
    assert np.isclose(value(Pearson(), y, z, batch), expected, atol=2e-6)


def test_pearson_of_a_mean_that_moves() -> None:
    y, z = pair(4000)
    level = np.repeat([0.0, 1e6, 1e6, 5e5, -1e6], 800)
    y, z = (y + level).astype("f4"), (z * 1e3 + level**2 / 1e6).astype("f4")
    expected = references.pearson(y.astype("f8"), z.astype("f8"))
    assert np.isclose(value(Pearson(), y, z, 100), expected, atol=1e-6)


def test_pearson_after_an_outlier() -> None:
    """The first row lies far from all others."""
    y, z = pair(2000)
    y, z = (y + 1e6).astype("f4"), z.astype("f4")
    y[0] = 0
    exact = references.pearson(y.astype("f8"), z.astype("f8"))
    for batch in (1000, 2000):
        assert np.isclose(value(Pearson(), y, z, batch), exact, atol=1e-6)


def test_pearson_does_not_forget_small_batches() -> None:
    """In a plain float32 sum, a hundred-millionth is lost each time."""
    y, z = pair(600)
    y, z = y.astype("f4"), z.astype("f4")
    y[:2] = -20_000, 20_000
    z[2:] *= 10
    expected = references.pearson(y.astype("f8"), z.astype("f8"))
    metric = Pearson()
    assert np.isclose(value(metric, y, z, 2), expected, rtol=1e-5)
    moments = ops.convert_to_numpy(metric.moments).astype("f8")[0].sum(axis=0)[:, 0]
    exact = [
        ((a - a.mean()) * (b - b.mean())).sum()
        for a, b in ((y.astype("f8"),) * 2, (z.astype("f8"),) * 2)
    ]
    np.testing.assert_allclose(moments[:2], exact, rtol=2e-7)


@pytest.mark.parametrize("constant", [0.1, 1e6 + 0.1, -3.3e-7])
@pytest.mark.parametrize("kind", [Pearson, Spearman])
def test_constants_have_no_correlation(kind: Any, constant: float) -> None:
    y, _ = pair(300)
    flat = np.full(300, constant, "f4")
    assert np.isnan(value(kind(), y.astype("f4"), flat, 100))
    assert np.isnan(value(kind(), flat, y.astype("f4"), 100))


@pytest.mark.parametrize("kind", [Pearson, Spearman])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_line_has_one(kind: Any, sign: int) -> None:
    y = np.arange(100, dtype="f4")
    assert np.isclose(
        value(
            kind(capacity=128) if kind is Spearman else kind(),
            y,
            sign * (y * 4 + 7),
            50,
        ),
        sign,
        atol=1e-6,
    )


@pytest.mark.parametrize("function", ["pearsonr", "spearmanr"])
def test_against_scipy(function: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    y, z = (np.round(v, 1).astype("f4") for v in pair(3000))
    metric = Pearson() if function == "pearsonr" else Spearman(capacity=3000)
    expected = getattr(stats, function)(y.astype("f8"), z.astype("f8"))[0]
    assert np.isclose(value(metric, y, z, 1000), expected, atol=2e-6)


some = st.sampled_from([0.0, 1.0, 1.5, -2.0, np.inf, -np.inf, 1e-30]) | st.floats(
    -9, 9, width=32
)


@settings(max_examples=40)
@given(
    y=arrays("f4", (24,), elements=some | st.just(np.nan)),
    z=arrays("f4", (24,), elements=some),
)
def test_spearman_of_ties_and_infinities(y, z) -> None:
    known = ~np.isnan(y)
    # Denormal numbers are 0 on some processors.
    y[np.abs(y) < 1e-37], z[np.abs(z) < 1e-37] = 0, 0
    ranks = [references.ranks(v[known]) for v in (y, z)]
    received = value(Spearman(capacity=32), y, z, 12)
    if known.sum() < 2 or any(np.ptp(r) == 0 for r in ranks):
        assert np.isnan(received)
    else:
        assert np.isclose(received, references.pearson(*ranks), atol=2e-6)


def test_spearman_is_exact_up_to_its_capacity_and_nan_beyond() -> None:
    y, z = (v.astype("f4") for v in pair(101))
    metric = Spearman(capacity=100)
    exact = references.spearman(y[:100], z[:100])
    assert np.isclose(value(metric, y[:100], z[:100], 50), exact, atol=1e-6)
    metric.update_state(y[100:, None], z[100:, None])
    assert np.isnan(float(metric.result()))
    metric.reset_state()
    assert np.isclose(value(metric, y[:100], z[:100], 50), exact, atol=1e-6)
    assert np.isnan(value(Spearman(capacity=50), y, z, 101))


@pytest.mark.parametrize("capacity", [1, 2**24 + 1])
def test_capacities_are_limited(capacity: int) -> None:
    with pytest.raises(ValueError, match=f"capacity={capacity}"):
        Spearman(capacity=capacity)


def test_a_large_capacity_keeps_its_digits() -> None:
    if keras.backend.backend() == "torch":
        pytest.skip("the same sums; slow")
    y, z = (v.astype("f4") for v in pair(20_000))
    ranks = [np.argsort(np.argsort(v)).astype("f8") for v in (y, z)]
    received = value(Spearman(), y, z, 20_000)
    assert np.isclose(received, references.pearson(*ranks), atol=2e-6)
