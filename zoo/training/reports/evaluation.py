"""Metrics of a trained model, with confidence intervals by bootstrap.

Needs SciPy, of the extra [train].
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from zoo.errors import optional
from zoo.training.reports.bootstrap import (
    RESAMPLES,
    Values,
    check_shapes,
    entries,
    entry,
    ratio,
    resampled,
)


def classification_metrics(
    output_names: Sequence[str],
    targets: np.ndarray,
    probabilities: np.ndarray,
    *,
    split: str,
    seed: int,
    resamples: int = RESAMPLES,
    thresholds: Sequence[float | None] | None = None,
) -> list[dict[str, Any]]:
    """AUROC, AUPRC, MCC and accuracy of each output, and their means.

    AUPRC is average precision. Rows whose target is NaN are left out, output by output.

    Args:
        output_names: One name per output.
        targets: `(n, num_outputs)`: 0, 1 or NaN.
        probabilities: `(n, num_outputs)`, 0 to 1.
        split: What the rows are, e.g. "test".
        seed: The bootstrap's.
        resamples: Bootstrap resamples of the rows of each output.
        thresholds: Probabilities from which on each output is positive, for MCC and
            accuracy; 0.5 where there is none. They are not to be chosen on these rows.

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
    if thresholds is None:
        thresholds = [None] * len(output_names)
    for name, rows, target, score, threshold in zip(
        output_names, known.T, targets.T, probabilities.T, thresholds, strict=True
    ):
        target, score = target[rows].astype(int), score[rows]
        if len(np.unique(target)) < 2:
            raise ValueError(
                f"Expected both classes in the {split} split of {name}. Received: "
                f"{len(target)} known targets of one."
            )
        cut = 0.5 if threshold is None else threshold
        of_output = partial(_classify, target, score, threshold=cut)
        results += resampled(len(target), resamples, random, of_output)
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
        class_names: One name per class.
        targets: `(n, classes)`, a 1 among zeros.
        probabilities: `(n, classes)`.
        split: What the rows are, e.g. "test".
        seed: The bootstrap's.
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
    targets, probabilities = targets[rows].astype(np.float64), probabilities[rows]
    if not len(targets) or ((targets == 1).sum(axis=1) != 1).any():
        raise ValueError(f"Expected rows of one class each in the {split} split.")
    predicted = np.eye(len(class_names))[probabilities.argmax(axis=1)]
    ranked = [k for k in range(len(class_names)) if np.ptp(targets[:, k])]
    of_all, *of_each = resampled(
        len(targets),
        resamples,
        np.random.default_rng(seed),
        partial(_classes, targets, predicted),
        *(partial(_classify, targets[:, k], probabilities[:, k]) for k in ranked),
    )
    results = [{name: one[name] for name in ("auroc", "auprc")} for one in of_each]
    names = [class_names[k] for k in ranked]
    return [
        *(entry(name, split, *values) for name, values in of_all.items()),
        *entries(names, results, split),
    ]


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
    neighboring bins are not independent. Ranks for Spearman are those of the whole
    split, also in the resamples. A window without variation has no Pearson of its
    own and is left out of `pearson_window`.

    Args:
        output_names: One name per output.
        targets: `(n, bins, num_outputs)`.
        predictions: `(n, bins, num_outputs)`.
        split: What the rows are, e.g. "test".
        seed: The bootstrap's.
        resamples: Bootstrap resamples of the windows.

    Returns:
        Entries `{name, split, value, ci95}` as in `classification_metrics`.

    Raises:
        ValueError: Shapes differ, or the values of an output do not vary.
        InputError: SciPy is missing.
    """
    check_shapes(output_names, targets, predictions, ndim=3)
    rankdata = optional("scipy.stats", "train", "Measuring a model").rankdata
    random = np.random.default_rng(seed)
    results = []
    for output, name in enumerate(output_names):
        target = targets[..., output].astype(np.float64)
        prediction = predictions[..., output].astype(np.float64)
        known = ~np.isnan(target)
        if np.ptp(target[known]) == 0 or np.ptp(prediction[known]) == 0:
            raise ValueError(
                f"Expected values that vary: pearson of {name} is not defined in the "
                f"{split} split."
            )
        ranks = np.zeros((2, *target.shape))
        ranks[:, known] = rankdata(target[known]), rankdata(prediction[known])
        of_output = partial(
            _correlations,
            moments(target, prediction, known),
            moments(ranks[0], ranks[1], known),
        )
        results += resampled(len(targets), resamples, random, of_output)
    return entries(output_names, results, split)


def regression_metrics(
    output_names: Sequence[str],
    targets: np.ndarray,
    predictions: np.ndarray,
    **arguments: Any,
) -> list[dict[str, Any]]:
    """Pearson and Spearman of each output `(n, num_outputs)`; see `profile_metrics`."""
    check_shapes(output_names, targets, predictions, ndim=2)
    bins = targets[:, None], predictions[:, None]
    return profile_metrics(output_names, *bins, **arguments)


def moments(x: np.ndarray, y: np.ndarray, known: Any = None) -> np.ndarray:
    """Sums of 1, x, y, xx, yy and xy over the known bins of each window, `(n, 6)`."""
    if known is None:
        known = ~np.isnan(x)
    # Centered, so that the sums of squares lose no digits.
    x = np.where(known, x - x[known].mean(), 0)
    y = np.where(known, y - y[known].mean(), 0)
    return np.stack([known, x, y, x * x, y * y, x * y], axis=-1).sum(axis=1)


def correlation(moments: np.ndarray) -> np.ndarray:
    """Pearson from sums `(..., 6)`; NaN without variation."""
    n, x, y, xx, yy, xy = np.moveaxis(moments, -1, 0)
    covariance = n * xy - x * y
    variance_x, variance_y = n * xx - x * x, n * yy - y * y
    flat = (variance_x <= 1e-12 * n * xx) | (variance_y <= 1e-12 * n * yy)
    product = np.where(flat, 0, variance_x * variance_y)
    return ratio(covariance, np.sqrt(product))


def _correlations(values: np.ndarray, ranks: np.ndarray, weights: np.ndarray) -> Values:
    """The correlations for each row of `weights` `(resamples, windows)`."""
    within = correlation(values)
    known = ~np.isnan(within)
    found = {
        "pearson": correlation(weights @ values),
        "spearman": correlation(weights @ ranks),
    }
    if known.any():
        sums = weights @ np.where(known, within, 0)
        found["pearson_window"] = ratio(sums, weights @ known)
    return found


def _classify(
    target: np.ndarray,
    score: np.ndarray,
    weights: np.ndarray,
    threshold: float = 0.5,
) -> Values:
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

    passed = int((score[ends] >= threshold).sum())
    nothing = np.zeros_like(positives)
    tp = true[:, passed - 1] if passed else nothing
    fp = false[:, passed - 1] if passed else nothing
    fn, tn = positives - tp, negatives - fp
    # As in scikit-learn: 0 where all predictions, or all targets, are one class.
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


def _classes(targets: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> Values:
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
