from __future__ import annotations

import keras
import numpy as np
import pytest

from zoo.layers.log_total import LogTotal


@pytest.mark.parametrize("scale", [1, 1000])
def test_whole_counts_are_exact_to_rounding(scale: int) -> None:
    counts = scale * np.random.default_rng(0).integers(0, 4, (64, 7, 3))
    counts[0], counts[1] = 0, np.eye(7, 3)  # none, and one
    found = keras.ops.convert_to_numpy(LogTotal()(counts.astype("float32")))
    expected = np.log1p(counts.sum(axis=1).astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=2 * np.finfo("float32").eps)


def test_small_values_that_are_no_counts() -> None:
    values = np.logspace(-12, 0, 100).reshape(-1, 1, 1)
    found = keras.ops.convert_to_numpy(LogTotal()(values.astype("float32")))
    expected = np.log1p(values[:, 0])
    np.testing.assert_allclose(found, expected, atol=np.finfo("float32").eps, rtol=0)


def test_joined_channels_are_one_total() -> None:
    counts = np.arange(24, dtype="float32").reshape(2, 4, 3)
    found = keras.ops.convert_to_numpy(LogTotal(joined=True)(counts))
    np.testing.assert_allclose(found, np.log1p([[66.0], [210.0]]), rtol=1e-6)


def test_another_pseudocount() -> None:
    counts = np.arange(12, dtype="f4").reshape(1, 4, 3)
    found = keras.ops.convert_to_numpy(LogTotal(pseudocount=2.0)(counts))
    np.testing.assert_allclose(found, np.log(2 + counts.sum(1)), rtol=1e-6)
