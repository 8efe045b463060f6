import numpy as np
import pytest
from scipy.stats import norm, pearsonr, spearmanr
from sklearn import metrics as sklearn_metrics

from zoo.training.reports import evaluation
from zoo.training.reports.evaluation import (
    class_metrics,
    classification_metrics,
    profile_metrics,
    regression_metrics,
)


def by_name(entries):
    return {entry["name"]: entry for entry in entries}


@pytest.mark.parametrize("seed", range(20))
def test_weighted_metrics_equal_scikit_learn_on_the_drawn_rows(seed):
    random = np.random.default_rng(seed)
    target = random.integers(0, 2, 40)
    target[:2] = 0, 1
    # Few distinct scores, so that there are ties, also at the threshold.
    score = random.integers(0, 5, 40) / 4
    weights = random.integers(0, 4, (3, 40)).astype(float)
    weights[:, :2] = 1
    found = evaluation._classify(target, score, weights)
    for i, weight in enumerate(weights):
        rows = np.repeat(np.arange(40), weight.astype(int))
        y, s = target[rows], score[rows]
        expected = {
            "auroc": sklearn_metrics.roc_auc_score(y, s),
            "auprc": sklearn_metrics.average_precision_score(y, s),
            "mcc": sklearn_metrics.matthews_corrcoef(y, s >= 0.5),
            "accuracy": sklearn_metrics.accuracy_score(y, s >= 0.5),
        }
        for name, value in expected.items():
            assert found[name][i] == pytest.approx(value, abs=1e-12), name


def test_all_predictions_in_one_class_give_an_mcc_of_zero():
    target, weights = np.array([0, 1, 1]), np.ones((1, 3))
    for score in (np.array([0.1, 0.2, 0.3]), np.array([0.7, 0.8, 0.9])):
        assert evaluation._classify(target, score, weights)["mcc"][0] == 0


def test_rows_without_a_target_do_not_count():
    random = np.random.default_rng(0)
    targets = random.integers(0, 2, (200, 2)).astype(np.float32)
    scores = random.random((200, 2))
    holes = targets.copy()
    holes[100:, 0] = np.nan
    found = by_name(
        classification_metrics(("a", "b"), holes, scores, split="test", seed=0)
    )
    expected = sklearn_metrics.roc_auc_score(targets[:100, 0], scores[:100, 0])
    assert found["auroc_a"]["value"] == pytest.approx(expected, abs=1e-6)
    expected = sklearn_metrics.roc_auc_score(targets[:, 1], scores[:, 1])
    assert found["auroc_b"]["value"] == pytest.approx(expected, abs=1e-6)
    mean = (found["auroc_a"]["value"] + found["auroc_b"]["value"]) / 2
    assert found["auroc_mean"]["value"] == pytest.approx(mean, abs=1e-6)
    assert {entry["split"] for entry in found.values()} == {"test"}


def test_interval_of_accuracy_is_the_binomial_one():
    random = np.random.default_rng(1)
    targets = random.integers(0, 2, (1000, 1)).astype(np.float32)
    right = random.random((1000, 1)) < 0.8
    scores = np.where(right, targets, 1 - targets) * 0.5 + 0.25
    found = by_name(
        classification_metrics(("a",), targets, scores, split="test", seed=0)
    )["accuracy_a"]
    p = right.mean()
    half = norm.ppf(0.975) * np.sqrt(p * (1 - p) / 1000)
    assert found["value"] == pytest.approx(p, abs=1e-6)
    assert found["ci95"] == pytest.approx([p - half, p + half], abs=0.005)


def test_the_mean_of_outputs_has_a_narrower_interval():
    random = np.random.default_rng(2)
    targets = random.integers(0, 2, (300, 4)).astype(np.float32)
    scores = np.clip(0.2 * targets + random.random((300, 4)), 0, 1)
    found = by_name(
        classification_metrics(tuple("abcd"), targets, scores, split="test", seed=0)
    )
    widths = {name: np.diff(entry["ci95"])[0] for name, entry in found.items()}
    single = np.mean([widths[f"auroc_{output}"] for output in "abcd"])
    # Four independent outputs: half the width.
    assert widths["auroc_mean"] == pytest.approx(single / 2, rel=0.15)


def test_equal_seeds_give_equal_intervals():
    targets = np.random.default_rng(3).integers(0, 2, (60, 1)).astype(np.float32)
    scores = np.random.default_rng(4).random((60, 1))
    first, again, other = (
        classification_metrics(("a",), targets, scores, split="test", seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other
    assert [e["value"] for e in first] == [e["value"] for e in other]


def test_profile_correlations_equal_scipy():
    random = np.random.default_rng(0)
    targets = random.gamma(2.0, size=(80, 16, 2))
    predictions = targets + random.normal(0, 2, targets.shape) + 100
    targets[:5, 3:9] = np.nan
    found = by_name(
        profile_metrics(("a", "b"), targets, predictions, split="test", seed=0)
    )
    for output, name in enumerate("ab"):
        t, p = targets[:, :, output], predictions[:, :, output]
        known = ~np.isnan(t)
        windows = [pearsonr(x[k], y[k])[0] for x, y, k in zip(t, p, known, strict=True)]
        expected = {
            "pearson": pearsonr(t[known], p[known])[0],
            "spearman": spearmanr(t[known], p[known])[0],
            "pearson_window": np.mean(windows),
        }
        for metric, value in expected.items():
            entry = found[f"{metric}_{name}"]
            assert entry["value"] == pytest.approx(value, abs=1e-6)
            assert entry["ci95"][0] < entry["value"] < entry["ci95"][1]


def test_profile_interval_is_that_of_resampled_windows():
    random = np.random.default_rng(5)
    # Bins of a window are alike, so resampling bins would be far too narrow.
    targets = np.repeat(random.normal(size=(100, 1, 1)), 16, axis=1)
    predictions = targets + np.repeat(random.normal(size=(100, 1, 1)), 16, axis=1)
    targets = targets + 1e-3 * random.normal(size=targets.shape)
    predictions = predictions + 1e-3 * random.normal(size=predictions.shape)
    found = by_name(
        profile_metrics(("a",), targets, predictions, split="test", seed=0)
    )["pearson_a"]
    interval = pearsonr(targets[:, 0, 0], predictions[:, 0, 0]).confidence_interval()
    assert found["ci95"] == pytest.approx([interval.low, interval.high], abs=0.06)


def test_windows_without_variation_do_not_count():
    targets = np.random.default_rng(6).random((10, 8, 1))
    predictions = targets.copy()
    targets[0], predictions[1] = 1.5, 0.3
    found = by_name(profile_metrics(("a",), targets, predictions, split="test", seed=0))
    assert found["pearson_window_a"]["value"] == pytest.approx(1, abs=1e-6)


def test_refuses_shapes_that_differ_and_other_targets():
    scores = np.zeros((4, 1))
    for targets, names in (
        (np.zeros((5, 1)), ("a",)),
        (np.zeros((4, 1)), ("a", "b")),
        (np.zeros((4, 2, 1)), ("a",)),
    ):
        with pytest.raises(ValueError, match="Expected targets and predictions"):
            classification_metrics(names, targets, scores, split="test", seed=0)
    with pytest.raises(ValueError, match="0, 1 or NaN"):
        classification_metrics(
            ("a",), np.full((4, 1), 0.5), scores, split="test", seed=0
        )


def test_refuses_metrics_that_are_not_defined():
    constant = np.ones((4, 8, 1))
    with pytest.raises(ValueError, match="pearson of a is not"):
        profile_metrics(("a",), constant, constant, split="test", seed=0)
    # scikit-learn's own AUROC only warns.
    with pytest.raises(ValueError, match="both classes"):
        classification_metrics(
            ("a",), np.ones((4, 1)), np.ones((4, 1)), split="test", seed=0
        )


def test_regression_is_a_profile_of_one_bin():
    random = np.random.default_rng(0)
    targets = random.normal(size=(60, 2))
    predictions = targets + random.normal(size=(60, 2))
    targets[3, 0] = np.nan
    found = by_name(
        regression_metrics(["a", "b"], targets, predictions, split="test", seed=0)
    )
    known = ~np.isnan(targets[:, 0])
    assert found["pearson_a"]["value"] == pytest.approx(
        pearsonr(targets[known, 0], predictions[known, 0])[0], abs=1e-6
    )
    assert found["spearman_b"]["value"] == pytest.approx(
        spearmanr(targets[:, 1], predictions[:, 1])[0], abs=1e-6
    )
    assert not any(name.startswith("pearson_window") for name in found)


@pytest.mark.parametrize("flat", ["a", "b"])
def test_what_one_output_lacks_has_no_mean(flat):
    random = np.random.default_rng(0)
    targets = random.normal(size=(50, 4, 2))
    targets[..., "ab".index(flat)] = np.arange(50)[:, None]  # alike within a window
    predictions = targets + random.normal(size=(50, 1, 2))
    found = by_name(
        profile_metrics(["a", "b"], targets, predictions, split="test", seed=0)
    )
    other = "ba"["ab".index(flat)]
    within = {name for name in found if name.startswith("pearson_window")}
    assert within == {f"pearson_window_{other}"}
    both = [found["pearson_a"]["value"], found["pearson_b"]["value"]]
    assert found["pearson_mean"]["value"] == pytest.approx(np.mean(both), abs=1e-6)


def of_classes(seed, size, classes):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, size)
    logits = random.normal(size=(size, classes)) + 1.5 * np.eye(classes)[truth]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return truth, np.eye(classes, dtype=np.float32)[truth], scores


def test_metrics_of_classes_equal_scikit_learn():
    truth, targets, scores = of_classes(0, 300, 3)
    found = by_name(class_metrics("abc", targets, scores, split="test", seed=0))
    said = scores.argmax(axis=1)
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(truth, said),
        "mcc": sklearn_metrics.matthews_corrcoef(truth, said),
        "auroc_mean": sklearn_metrics.roc_auc_score(truth, scores, multi_class="ovr"),
        "auprc_mean": sklearn_metrics.average_precision_score(targets, scores),
        "auroc_b": sklearn_metrics.roc_auc_score(truth == 1, scores[:, 1]),
    }
    for name, value in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=1e-6), name
        low, high = found[name]["ci95"]
        assert low < value < high
    # No accuracy at probability 0.5 of a class alone, which nobody predicts by.
    assert found.keys() == expected.keys() | {"auroc_a", "auroc_c"} | {
        f"auprc_{name}" for name in "abc"
    }
    p = expected["accuracy"]
    half = norm.ppf(0.975) * np.sqrt(p * (1 - p) / 300)
    assert found["accuracy"]["ci95"] == pytest.approx([p - half, p + half], abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_weighted_metrics_of_classes_are_those_of_the_drawn_rows(seed):
    random = np.random.default_rng(seed)
    truth, targets, scores = of_classes(seed, 40, 4)
    said = scores.argmax(axis=1)
    weights = random.integers(0, 4, (3, 40)).astype(float)
    found = evaluation._classes(targets.astype(float), np.eye(4)[said], weights)
    for i, weight in enumerate(weights):
        rows = np.repeat(np.arange(40), weight.astype(int))
        y, s = truth[rows], said[rows]
        expected = sklearn_metrics.matthews_corrcoef(y, s)
        assert found["mcc"][i] == pytest.approx(expected, abs=1e-12)
        expected = sklearn_metrics.accuracy_score(y, s)
        assert found["accuracy"][i] == pytest.approx(expected, abs=1e-12)


def test_a_class_that_no_row_has_leaves_the_others_measured():
    truth, targets, scores = of_classes(1, 60, 3)
    kept = truth < 2
    targets[0] = np.nan
    found = by_name(
        class_metrics("abc", targets[kept], scores[kept], split="test", seed=0)
    )
    assert {"accuracy", "auroc_a", "auroc_b", "auroc_mean"} <= found.keys()
    assert "auroc_c" not in found
    rows = np.flatnonzero(kept)
    rows = rows[rows > 0]
    expected = (scores[rows].argmax(axis=1) == truth[rows]).mean()
    assert found["accuracy"]["value"] == pytest.approx(expected, abs=1e-6)
    with pytest.raises(ValueError, match="one class each"):
        class_metrics("abc", np.ones((4, 3)), scores[:4], split="test", seed=0)
