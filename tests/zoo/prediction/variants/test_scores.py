"""Scores against SciPy and closed forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.special import expit, logit, softmax

import registry
from registry.facts import Calibration
from registry.release import Head, Output
from zoo.errors import InputError
from zoo.prediction.variants import scores_of
from zoo.prediction.variants.scores import VariantScoring, jensen_shannon_distance

RANDOM = np.random.default_rng(0)


def release(*heads: tuple[Head, list[Output]]) -> registry.Release:
    return dataclasses.replace(
        registry.find("rc_dilated_v1"),
        heads=tuple(head for head, _ in heads),
        outputs=tuple(output for _, outputs in heads for output in outputs),
    )


def scored(found: registry.Release, *shape: int) -> tuple[dict, np.ndarray, np.ndarray]:
    head = (found.heads or ())[0].name
    before, after = RANDOM.normal(size=(2, 6, *shape)).astype(np.float32)
    scores = scores_of(found)
    values = VariantScoring(scores)({head: before}, {head: after})
    assert values.dtype == np.float32
    return {s.name: v for s, v in zip(scores, values.T, strict=True)}, before, after


def test_probabilities() -> None:
    classes = [Output(n, "probability", "softmax") for n in ("a", "b", "c")]
    found, before, after = scored(
        release((Head("y", "scalar", 3, None, None), classes)), 3
    )
    p, q = softmax(before, axis=1), softmax(after, axis=1)
    for i, name in enumerate("abc"):
        np.testing.assert_allclose(
            found[f"{name}_difference"], (q - p)[:, i], rtol=1e-4, atol=1e-6
        )
        np.testing.assert_allclose(
            found[f"{name}_log_odds_difference"],
            (logit(q) - logit(p))[:, i],
            rtol=1e-4,
            atol=1e-5,
        )


def test_counts_and_where_reads_lie() -> None:
    both = release(
        (
            Head("counts", "scalar", 1, None, None),
            [Output("x", "ln(1 + reads)", "linear")],
        ),
        (
            Head("profile", "profile", 1, 9, 1),
            [Output("x", "share", "softmax_over_bins")],
        ),
    )
    names = [score.name for score in scores_of(both)]
    assert names == ["counts_x_log_fold_change", "profile_x_jensen_shannon_distance"]
    assert [s.name for s in scores_of(both, "profile_x")] == names[1:]
    assert [s.name for s in scores_of(both, ["x"])] == names
    assert scores_of(both)[0].description.endswith("of 1 + reads")
    reads = np.array([[3.0], [100.0]]), np.array([[7.0], [0.0]])
    shapes = RANDOM.normal(size=(2, 2, 9, 1))
    before, after = (
        {"counts": np.log1p(r), "profile": s}
        for r, s in zip(reads, shapes, strict=True)
    )
    found = VariantScoring(scores_of(both))(before, after)
    np.testing.assert_allclose(found[:, 0], np.log2([8 / 4, 1 / 101]), rtol=1e-6)
    p, q = softmax(shapes[..., 0], axis=2)
    np.testing.assert_allclose(found[:, 1], jensenshannon(p, q, axis=1), rtol=1e-4)


@pytest.mark.parametrize("activation", ["exponential", "linear"])
def test_other_profiles(activation: str) -> None:
    head = Head("y", "profile", 1, 9, 1), [Output("x", "fold", activation)]
    found, *pair = scored(release(head), 9, 1)
    p, q = (
        np.exp(x[..., 0]) if activation == "exponential" else x[..., 0] for x in pair
    )
    np.testing.assert_allclose(found["x_difference"], (q - p).mean(axis=1), rtol=1e-4)
    if activation == "linear":
        most = [row[np.abs(row).argmax()] for row in q - p]
        np.testing.assert_allclose(found["x_largest_difference"], most, rtol=1e-5)
        return
    change = np.log2(q.sum(axis=1) / p.sum(axis=1))
    np.testing.assert_allclose(found["x_log_fold_change"], change, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        found["x_jensen_shannon_distance"], jensenshannon(p, q, axis=1), rtol=1e-4
    )


def test_distances_at_their_ends() -> None:
    same, apart = [[0.5, 0.5, 0.0]], [[0.0, 0.0, 2.0]]
    assert jensen_shannon_distance(same, same) == 0
    np.testing.assert_allclose(jensen_shannon_distance(same, apart), np.log(2) ** 0.5)


def test_an_unknown_output() -> None:
    with pytest.raises(InputError, match=r"'tf_0', .*Received: 'tf_9'"):
        scores_of(registry.find("rc_dilated_v1"), ["tf_0", "tf_9"])


def test_differences_are_those_of_calibrated_probabilities() -> None:
    fits = [Calibration("platt", a, b, "", "", 0, 0) for a, b in ((0.5, 1), (2, -1))]
    outputs = [
        Output(name, "probability", "sigmoid", calibration=fit)
        for name, fit in zip("abc", [*fits, None], strict=True)
    ]
    found, before, after = scored(
        release((Head("y", "scalar", 3, None, None), outputs)), 3
    )
    for i, (slope, intercept) in enumerate([(0.5, 1), (2, -1), (1, 0)]):
        p, q = (expit(slope * x[:, i] + intercept) for x in (before, after))
        difference, log_odds = "difference", "log_odds_difference"
        np.testing.assert_allclose(found[f"{'abc'[i]}_{difference}"], q - p, atol=1e-6)
        np.testing.assert_allclose(
            found[f"{'abc'[i]}_{log_odds}"], after[:, i] - before[:, i], atol=1e-6
        )
