"""Distances of profiles and their bounds, against SciPy and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from zoo.training.reports.profile_shares import jensen_shannon, share_metrics

distance = pytest.importorskip("scipy.spatial.distance")


def reads(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Counts (rows, 60, 2) of shares that are concentrated in some bins."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.full(60, 0.2), (rows, 2)).swapaxes(1, 2)
    totals = random.integers(20, 300, (rows, 1, 2))
    return random.poisson(shares * totals).astype("f4"), shares.astype("f4")


def measured(observed: np.ndarray, said: np.ndarray, seed: int = 3) -> dict:
    names = [f"track{k}" for k in range(observed.shape[-1])]
    found = share_metrics(names, observed, said, split="test", seed=seed, resamples=200)
    assert all(e["split"] == "test" for e in found)
    return {e["name"]: e for e in found}


@given(
    arrays("f4", (3, 7), elements=st.sampled_from([0.0, 1.0, 2.5, 40.0, np.nan])),
    arrays("f4", (3, 7), elements=st.floats(0, 1, width=32)),
)
def test_the_distance_is_scipy_s(first: np.ndarray, second: np.ndarray) -> None:
    received = jensen_shannon(first, second)
    np.testing.assert_array_equal(received, jensen_shannon(second, first))
    for row, value in enumerate(received):
        known = ~np.isnan(first[row])
        p, q = (each[row, known].astype("f8") for each in (first, second))
        if p.sum() and q.sum():
            expected = distance.jensenshannon(p, q, base=2)
            assert value == pytest.approx(expected, abs=1e-6)
        else:
            assert np.isnan(value)


def test_its_ends() -> None:
    one = np.eye(2)[:, :, None].repeat(3, axis=2)
    np.testing.assert_array_equal(jensen_shannon(one, 7 * one), np.zeros((2, 3)))
    np.testing.assert_array_equal(jensen_shannon(one, one[::-1]), np.ones((2, 3)))


def test_medians_are_over_windows_with_reads() -> None:
    observed, said = reads(31)
    observed[3, :, 0] = 0
    observed[5, :10, 1] = np.nan
    observed[6, :, 1] = np.nan
    found = measured(observed, said)
    for track in range(2):
        values = []
        for row in range(31):
            known = ~np.isnan(observed[row, :, track])
            p, q = observed[row, known, track], said[row, known, track]
            if p.sum():
                values.append(distance.jensenshannon(p, q, base=2))
        entry = found[f"jsd_track{track}"]
        assert entry["value"] == pytest.approx(np.median(values), abs=1e-5)
        low, high = entry["ci95"]
        assert min(values) < low < entry["value"] < high < max(values)
    mean = np.mean([found[f"jsd_track{k}"]["value"] for k in range(2)])
    assert found["jsd_mean"]["value"] == pytest.approx(mean, abs=1e-6)
    assert {"pearson_track0", "pearson_window_mean"} <= found.keys()


def test_the_interval_is_the_bootstrap_s() -> None:
    observed, said = reads(40)
    low, high = measured(observed[..., :1], said[..., :1])["jsd_track0"]["ci95"]
    values = jensen_shannon(observed[..., 0], said[..., 0])
    random = np.random.default_rng(0)
    drawn = np.median(values[random.integers(0, 40, (20_000, 40))], axis=1)
    expected = np.percentile(drawn, (2.5, 97.5))
    assert (low, high) == pytest.approx(tuple(expected), abs=0.01)


def test_the_bounds_are_those_of_a_shuffle_and_of_two_halves() -> None:
    """The truth comes below both; deep reads bring the halves together."""
    observed, truth = reads(200)
    found = measured(observed, truth)
    again = measured(observed, truth)
    assert found == again  # the seed's
    for track in ("track0", "track1"):
        said, halves, shuffled = (
            found[f"{name}_{track}"]["value"]
            for name in ("jsd", "jsd_replicates", "jsd_shuffled")
        )
        assert said < halves < shuffled
        deep = measured(np.round(1e5 * truth), truth)[f"jsd_replicates_{track}"]
        assert deep["value"] < halves / 5
    # Shuffled as NumPy does, and split read by read.
    random = np.random.default_rng(1)
    shuffled, halves = [], []
    for row in observed[..., 0]:
        shuffled.append(distance.jensenshannon(row, random.permutation(row), base=2))
        places = np.repeat(np.arange(60), row.astype(int))
        first = random.random(len(places)) < 0.5
        pair = [np.bincount(places[half], minlength=60) for half in (first, ~first)]
        halves.append(distance.jensenshannon(*pair, base=2))
    for name, values in (("jsd_shuffled", shuffled), ("jsd_replicates", halves)):
        entry = found[f"{name}_track0"]["value"]
        assert entry == pytest.approx(np.median(values), abs=0.02)


def test_densities_have_no_replicates_and_nothing_has_no_distance() -> None:
    observed, said = reads(12)
    found = measured(observed / 7, said)
    assert "jsd_shuffled_mean" in found and "jsd_replicates_mean" not in found
    observed[..., 1] = 0
    with pytest.raises(ValueError, match="reads of track1 in the test split"):
        measured(observed, said)


def test_missing_bins_are_not_shuffled_in() -> None:
    observed, said = reads(30)
    part = measured(observed[:, :20], said[:, :20])
    observed[:, 20:] = np.nan
    whole = measured(observed, said)
    for name in ("jsd_mean", "pearson_mean"):
        assert whole[name]["value"] == pytest.approx(part[name]["value"], abs=1e-5)
    for name in ("jsd_shuffled_mean", "jsd_replicates_mean"):
        assert whole[name]["value"] == pytest.approx(part[name]["value"], abs=0.06)
