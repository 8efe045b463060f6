"""Metrics of a trained model, with confidence intervals by bootstrap.

Needs SciPy, of the extra [train].

The bootstrap needs each metric a thousand times. So a metric here is a function of
weights, how often each row was drawn, for all resamples at once: scikit-learn and
`scipy.stats.bootstrap` take one resample at a time, and minutes where this takes
seconds. With weights of 1 it is the value itself; the tests compare it with theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from zoo.errors import optional

RESAMPLES = 1000
_BLOCK = 4_000_000  # draws at a time: about 30 MB
Values = dict[str, np.ndarray]
Resampled = dict[str, tuple[float, np.ndarray]]


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
        output_names: One name per output.
        targets: `(n, num_outputs)`: 0, 1 or NaN.
        probabilities: `(n, num_outputs)`, 0 to 1.
        split: What the rows are, e.g. "test".
        seed: The bootstrap's.
        resamples: Bootstrap resamples of the rows of each output.

    Returns:
        Entries `{name, split, value, ci95}`, the name being metric and output, e.g.
        "auroc_tf_0"; with more than one output also the mean, "auroc_mean", whose
        interval takes the outputs' rows to be independent.

    Raises:
        ValueError: Shapes differ, a target is not 0, 1 or NaN, or an output has
            targets of one class only.
    """
    _check(output_names, targets, probabilities, ndim=2)
    known = ~np.isnan(targets)
    if not np.isin(targets[known], (0, 1)).all():
        raise ValueError("Expected targets 0, 1 or NaN. Received other values.")
    random = np.random.default_rng(seed)
    results = []
    for name, rows, target, score in zip(
        output_names, known.T, targets.T, probabilities.T, strict=True
    ):
        target, score = target[rows].astype(int), score[rows]
        if len(np.unique(target)) < 2:
            raise ValueError(
                f"Expected both classes in the {split} split of {name}. Received: "
                f"{len(target)} known targets of one."
            )
        of_output = partial(_classify, target, score)
        results += _resampled(len(target), resamples, random, of_output)
    return _entries(output_names, results, split)


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
    _check(class_names, targets, probabilities, ndim=2)
    rows = ~np.isnan(targets).any(axis=1)
    targets, probabilities = targets[rows].astype(np.float64), probabilities[rows]
    if not len(targets) or ((targets == 1).sum(axis=1) != 1).any():
        raise ValueError(f"Expected rows of one class each in the {split} split.")
    predicted = np.eye(len(class_names))[probabilities.argmax(axis=1)]
    ranked = [k for k in range(len(class_names)) if np.ptp(targets[:, k])]
    of_all, *of_each = _resampled(
        len(targets),
        resamples,
        np.random.default_rng(seed),
        partial(_classes, targets, predicted),
        *(partial(_classify, targets[:, k], probabilities[:, k]) for k in ranked),
    )
    results = [{name: one[name] for name in ("auroc", "auprc")} for one in of_each]
    names = [class_names[k] for k in ranked]
    return [
        *(_entry(name, split, *values) for name, values in of_all.items()),
        *_entries(names, results, split),
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
    _check(output_names, targets, predictions, ndim=3)
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
        results += _resampled(len(targets), resamples, random, of_output)
    return _entries(output_names, results, split)


def regression_metrics(
    output_names: Sequence[str],
    targets: np.ndarray,
    predictions: np.ndarray,
    **arguments: Any,
) -> list[dict[str, Any]]:
    """Pearson and Spearman of each output `(n, num_outputs)`; see `profile_metrics`."""
    _check(output_names, targets, predictions, ndim=2)
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
    return _ratio(covariance, np.sqrt(product))


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
        found["pearson_window"] = _ratio(sums, weights @ known)
    return found


def _classify(target: np.ndarray, score: np.ndarray, weights: np.ndarray) -> Values:
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
    precision = _ratio(true, true + false, empty=0.0)

    passed = int((score[ends] >= 0.5).sum())
    nothing = np.zeros_like(positives)
    tp = true[:, passed - 1] if passed else nothing
    fp = false[:, passed - 1] if passed else nothing
    fn, tn = positives - tp, negatives - fp
    # As in scikit-learn: 0 where all predictions, or all targets, are one class.
    mcc = _ratio(
        tp * tn - fp * fn,
        np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
        empty=0.0,
    )
    return {
        "auroc": _ratio(wins, positives * negatives),
        "auprc": _ratio((gained * precision).sum(axis=1), positives),
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
        "mcc": _ratio(covariance, np.sqrt(spread), empty=0.0),
    }


def _resampled(
    size: int,
    resamples: int,
    random: np.random.Generator,
    *functions: Callable[[np.ndarray], Values],
) -> list[Resampled]:
    """What each function gives for the rows as they are, and for each resample."""
    blocks = chain([np.ones((1, size))], _draws(size, resamples, random))
    found = [[function(weights) for function in functions] for weights in blocks]
    return [
        {
            name: (float(whole[name][0]), np.concatenate([one[name] for one in drawn]))
            for name in whole
        }
        for whole, *drawn in zip(*found, strict=True)
    ]


def _draws(
    size: int, resamples: int, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """Blocks of resamples: how often each row was drawn, float64 `(block, size)`."""
    block = max(1, min(resamples, _BLOCK // max(size, 1)))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        rows = (
            random.integers(0, size, (count, size)) + size * np.arange(count)[:, None]
        )
        drawn = np.bincount(rows.ravel(), minlength=count * size)
        yield drawn.reshape(count, size).astype(np.float64)


def _entries(
    output_names: Sequence[str], results: Sequence[Resampled], split: str
) -> list[dict[str, Any]]:
    """Entries of each output, and with several the means of what all of them have."""
    named = list(zip(output_names, results, strict=True))
    if len(named) > 1:
        mean = {
            name: (
                float(np.mean([result[name][0] for result in results])),
                np.mean([result[name][1] for result in results], axis=0),
            )
            for name in results[0]
            if all(name in result for result in results)
        }
        named.append(("mean", mean))
    return [
        _entry(f"{metric}_{output}", split, value, drawn)
        for output, result in named
        for metric, (value, drawn) in result.items()
    ]


def _entry(name: str, split: str, value: float, drawn: np.ndarray) -> dict[str, Any]:
    """One metric with its 95% interval, rounded."""
    limits = np.nanpercentile(drawn, (2.5, 97.5))
    return {
        "name": name,
        "split": split,
        "value": round(value, 6),
        "ci95": [round(float(limit), 6) for limit in limits],
    }


def _ratio(
    numerator: np.ndarray, denominator: np.ndarray, empty: float = np.nan
) -> np.ndarray:
    """The quotient; `empty` where the denominator is 0."""
    result = np.full(np.shape(numerator), empty)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def _check(
    output_names: Sequence[str],
    targets: np.ndarray,
    predictions: np.ndarray,
    ndim: int,
) -> None:
    """Refuses arrays that are not `(n, ..., num_outputs)` alike."""
    fits = targets.ndim == ndim and targets.shape[-1] == len(output_names)
    if not fits or targets.shape != predictions.shape or not len(targets):
        raise ValueError(
            f"Expected targets and predictions of one shape with {ndim} axes, the last "
            f"of {len(output_names)} outputs. Received: {targets.shape} and "
            f"{predictions.shape}"
        )
