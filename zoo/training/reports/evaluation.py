"""Metrics of a trained model, with confidence intervals by bootstrap.

Needs scikit-learn and SciPy, the extra [train].

Point values of classification come from scikit-learn. The bootstrap needs each metric
a thousand times: there it is computed for all resamples at once, a resample being
the number of times that each row was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoo.errors import optional
from zoo.training.reports.bootstrap import check_shapes, draws, entries, entry, ratio

RESAMPLES = 1000
Weighted = Callable[[np.ndarray], np.ndarray]


def classification_metrics(
    output_names: Sequence[str],
    targets: np.ndarray,
    probabilities: np.ndarray,
    *,
    split: str,
    seed: int,
    resamples: int = RESAMPLES,
) -> list[dict[str, Any]]:
    """AUROC, AUPRC, MCC and accuracy of each output, and their means.

    AUPRC is average precision. MCC and accuracy are at probability 0.5. Rows whose
    target is NaN are left out, output by output.

    Args:
        output_names: One name an output.
        targets: `(n, num_outputs)`: 0, 1 or NaN.
        probabilities: `(n, num_outputs)`, 0 to 1.
        split: What the rows are, e.g. "test".
        seed: Of the bootstrap.
        resamples: Bootstrap resamples of the rows of each output.

    Returns:
        Entries `{name, split, value, ci95}`, the name being metric and output, e.g.
        "auroc_tf_0"; with more than one output also the mean, "auroc_mean", whose
        interval takes the outputs' rows to be independent.

    Raises:
        ValueError: Shapes differ, a target is not 0, 1 or NaN, or an output has
            targets of one class only.
    """
    check_shapes(output_names, targets, probabilities, ndim=2)
    known = ~np.isnan(targets)
    if not np.isin(targets[known], (0, 1)).all():
        raise ValueError("Expected targets 0, 1 or NaN. Received other values.")
    random = np.random.default_rng(seed)
    results = []
    for output in range(len(output_names)):
        rows = known[:, output]
        target, score = targets[rows, output].astype(int), probabilities[rows, output]
        if len(np.unique(target)) < 2:
            raise ValueError(
                f"Expected both classes in the {split} split of "
                f"{output_names[output]}. Received: {len(target)} known targets of one."
            )
        drawn = [
            _classify(target, score, w) for w in draws(rows.sum(), resamples, random)
        ]
        values = _classification_points(target, score)
        results.append(
            {
                name: (values[name], np.concatenate([d[name] for d in drawn]))
                for name in values
            }
        )
    return entries(output_names, results, split)


def class_metrics(
    class_names: Sequence[str],
    targets: np.ndarray,
    probabilities: np.ndarray,
    *,
    split: str,
    seed: int,
    resamples: int = RESAMPLES,
) -> list[dict[str, Any]]:
    """Accuracy and MCC of the likeliest class; AUROC and AUPRC of each against all.

    Rows without a class (NaN) are left out, and so are the AUROC and AUPRC of a class
    that no row, or every row, has. All metrics are of the same resampled rows, hence
    "auroc_mean", the macro average, has the interval of classes that share their rows.

    Args:
        class_names: One name a class.
        targets: `(n, classes)`, a 1 among zeros.
        probabilities: `(n, classes)`.
        split: What the rows are, e.g. "test".
        seed: Of the bootstrap.
        resamples: Bootstrap resamples of the rows.

    Returns:
        Entries `{name, split, value, ci95}`: "accuracy", "mcc", then "auroc_CLASS",
        "auprc_CLASS" and their means.

    Raises:
        ValueError: Shapes differ, or a row is not of one class.

    Source: Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006, for the MCC of
        several classes.
    """
    check_shapes(class_names, targets, probabilities, ndim=2)
    rows = ~np.isnan(targets).any(axis=1)
    targets, probabilities = targets[rows], probabilities[rows]
    if not len(targets) or ((targets == 1).sum(axis=1) != 1).any():
        raise ValueError(f"Expected rows of one class each in the {split} split.")
    sklearn_metrics = _sklearn_metrics()
    truth, predicted = targets.argmax(axis=1), probabilities.argmax(axis=1)
    marked = (predicted[:, None] == np.arange(len(class_names))).astype(np.float64)
    ranked = [k for k in range(len(class_names)) if np.ptp(targets[:, k])]
    scored = [(targets[:, k].astype(int), probabilities[:, k]) for k in ranked]
    random, chosen = np.random.default_rng(seed), []
    drawn: list[list[dict[str, np.ndarray]]] = [[] for _ in ranked]
    for weights in draws(len(truth), resamples, random):
        chosen.append(_classes(targets.astype(np.float64), marked, weights))
        for found, (target, score) in zip(drawn, scored, strict=True):
            found.append(_classify(target, score, weights))
    whole = {
        "accuracy": float(sklearn_metrics.accuracy_score(truth, predicted)),
        "mcc": float(sklearn_metrics.matthews_corrcoef(truth, predicted)),
    }
    of_all = [
        entry(name, split, whole[name], np.concatenate([c[name] for c in chosen]))
        for name in whole
    ]
    results = []
    for found, (target, score) in zip(drawn, scored, strict=True):
        values = _classification_points(target, score)
        results.append(
            {
                name: (values[name], np.concatenate([d[name] for d in found]))
                for name in ("auroc", "auprc")
            }
        )
    return of_all + entries([class_names[k] for k in ranked], results, split)


def profile_metrics(
    output_names: Sequence[str],
    targets: np.ndarray,
    predictions: np.ndarray,
    *,
    split: str,
    seed: int,
    resamples: int = RESAMPLES,
) -> list[dict[str, Any]]:
    """Pearson and Spearman over all bins, and the mean Pearson within a window.

    Bins whose target is NaN are left out. Windows are what the bootstrap draws, as
    neighbouring bins are not independent. Ranks for Spearman are those of the whole
    split, also in the resamples. A window without variation has no Pearson of its
    own and is left out of `pearson_window`.

    Args:
        output_names: One name an output.
        targets: `(n, bins, num_outputs)`.
        predictions: `(n, bins, num_outputs)`.
        split: What the rows are, e.g. "test".
        seed: Of the bootstrap.
        resamples: Bootstrap resamples of the windows.

    Returns:
        Entries `{name, split, value, ci95}` as of `classification_metrics`.

    Raises:
        ValueError: Shapes differ, or the values of an output do not vary.
    """
    check_shapes(output_names, targets, predictions, ndim=3)
    rankdata = _stats().rankdata
    random = np.random.default_rng(seed)
    results = []
    for output in range(len(output_names)):
        target = targets[:, :, output].astype(np.float64)
        prediction = predictions[:, :, output].astype(np.float64)
        known = ~np.isnan(target)
        if np.ptp(target[known]) == 0 or np.ptp(prediction[known]) == 0:
            raise ValueError(
                f"Expected values that vary: pearson of {output_names[output]} is not "
                f"defined in the {split} split."
            )
        ranks = [np.zeros_like(target), np.zeros_like(target)]
        ranks[0][known], ranks[1][known] = (
            rankdata(target[known]),
            rankdata(prediction[known]),
        )
        moments = _moments(target, prediction, known)
        functions = {
            "pearson": _pooled(moments),
            "spearman": _pooled(_moments(ranks[0], ranks[1], known)),
        }
        if targets.shape[1] > 1:
            functions["pearson_window"] = _mean(_correlation(moments))
        whole = np.ones((1, len(target)))
        blocks = list(draws(len(target), resamples, random))
        results.append(
            {
                name: (
                    float(function(whole)[0]),
                    np.concatenate([function(w) for w in blocks]),
                )
                for name, function in functions.items()
            }
        )
    return entries(output_names, results, split)


def regression_metrics(
    output_names: Sequence[str],
    targets: np.ndarray,
    predictions: np.ndarray,
    *,
    split: str,
    seed: int,
    resamples: int = RESAMPLES,
) -> list[dict[str, Any]]:
    """Pearson and Spearman of each output `(n, num_outputs)`; see `profile_metrics`."""
    check_shapes(output_names, targets, predictions, ndim=2)
    return profile_metrics(
        output_names,
        targets[:, None],
        predictions[:, None],
        split=split,
        seed=seed,
        resamples=resamples,
    )


def _sklearn_metrics() -> Any:
    return optional("sklearn.metrics", "train", "Measuring a model")


def _stats() -> Any:
    return optional("scipy.stats", "train", "Measuring a model")


def _classification_points(target: np.ndarray, score: np.ndarray) -> dict[str, float]:
    sklearn_metrics = _sklearn_metrics()
    predicted = score >= 0.5
    return {
        "auroc": float(sklearn_metrics.roc_auc_score(target, score)),
        "auprc": float(sklearn_metrics.average_precision_score(target, score)),
        "mcc": float(sklearn_metrics.matthews_corrcoef(target, predicted)),
        "accuracy": float(sklearn_metrics.accuracy_score(target, predicted)),
    }


def _classify(
    target: np.ndarray, score: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """The four metrics for each row of `weights` `(resamples, n)`; NaN if undefined."""
    order = np.argsort(-score, kind="stable")
    score, target = score[order], target[order]
    weights = weights[:, order]
    # Rows of one score pass the threshold together.
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    true = np.cumsum(weights * target, axis=1)[:, ends]
    false = np.cumsum(weights * (1 - target), axis=1)[:, ends]
    positives, negatives = true[:, -1], false[:, -1]
    gained = np.diff(true, axis=1, prepend=0)
    below = np.concatenate([np.zeros((len(true), 1)), false[:, :-1]], axis=1)
    wins = (gained * (negatives[:, None] - (below + false) / 2)).sum(axis=1)
    precision = ratio(true, true + false, empty=0.0)

    passed = int((score[ends] >= 0.5).sum())
    nothing = np.zeros_like(positives)
    tp = true[:, passed - 1] if passed else nothing
    fp = false[:, passed - 1] if passed else nothing
    fn, tn = positives - tp, negatives - fp
    # As scikit-learn has it: 0 where all predictions, or all targets, are one class.
    mcc = ratio(
        tp * tn - fp * fn,
        np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
        empty=0.0,
    )
    return {
        "auroc": ratio(wins, positives * negatives),
        "auprc": ratio((gained * precision).sum(axis=1), positives),
        "mcc": mcc,
        "accuracy": (tp + tn) / (positives + negatives),
    }


def _classes(
    targets: np.ndarray, predicted: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Accuracy and MCC for each row of `weights`; both arrays are one-hot."""
    size = weights.sum(axis=1)
    right = weights @ (targets * predicted).sum(axis=1)
    true, said = weights @ targets, weights @ predicted
    spread = (size**2 - (true**2).sum(axis=1)) * (size**2 - (said**2).sum(axis=1))
    covariance = right * size - (true * said).sum(axis=1)
    return {
        "accuracy": right / size,
        "mcc": ratio(covariance, np.sqrt(spread), empty=0.0),
    }


def _pooled(moments: np.ndarray) -> Weighted:
    """The correlation over the bins of all windows."""
    return lambda weights: _correlation(weights @ moments)


def _mean(window: np.ndarray) -> Weighted:
    """The mean of the windows' own correlations, leaving NaN out."""
    known = ~np.isnan(window)
    filled = np.where(known, window, 0)
    return lambda weights: ratio(weights @ filled, weights @ known)


def _moments(x: np.ndarray, y: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Sums of 1, x, y, xx, yy and xy over the known bins of each window, `(n, 6)`."""
    # Centred, so that the sums of squares lose no digits.
    x = np.where(known, x - x[known].mean(), 0)
    y = np.where(known, y - y[known].mean(), 0)
    return np.stack([known, x, y, x * x, y * y, x * y], axis=-1).sum(axis=1)


def _correlation(moments: np.ndarray) -> np.ndarray:
    """Pearson from sums `(..., 6)`; NaN without variation."""
    n, x, y, xx, yy, xy = np.moveaxis(moments, -1, 0)
    covariance = n * xy - x * y
    variance_x, variance_y = n * xx - x * x, n * yy - y * y
    flat = (variance_x <= 1e-12 * n * xx) | (variance_y <= 1e-12 * n * yy)
    product = np.where(flat, 0, variance_x * variance_y)
    return ratio(covariance, np.sqrt(product))
