"""From logits to probabilities that hold, and to the threshold to call by."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from registry.facts import BackgroundRate, Calibration, OperatingPoint, can_calibrate
from registry.release import Output
from zoo.models.activations import in_units
from zoo.training.configuration.tasks import Task

BINS = 15
_FEWEST = 20  # rows of either label that a calibration is fitted on
_TOLD_BY = 10  # false positives that a rate has to have
_STEPS = 100
_RESOLVED = 1e-5  # of the largest logit; backends differ by less
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Facts:
    """What was measured of one output, under the names that `Output` has for it."""

    calibration: Calibration | None = None
    threshold: float | None = None
    backgrounds: tuple[BackgroundRate, ...] = ()

    def of(self, output: Output) -> Output:
        """The output with them."""
        return dataclasses.replace(output, **vars(self))


def facts_of(
    task: Task,
    validation: tuple[Array, Array],
    measured: tuple[Array, Array],
    ece_split: str,
) -> tuple[Facts, ...]:
    """Fits calibrations and thresholds on the validation split.

    Args:
        task: One with labels.
        validation: Targets `(n, num_outputs)`, NaN where unknown, and logits.
        measured: Those of the split that errors of calibration are measured on.
        ece_split: Its name.

    Returns:
        Of each output. Without enough rows of both labels, or where the logits do not
        rise with the labels, it has no calibration; of one label, no threshold.
    """
    targets, logits = (values.astype(np.float64) for values in validation)
    fits: list[tuple[float, float] | None]
    if task.kind == "classes":
        known = ~np.isnan(targets).any(axis=1)
        method, slope = "temperature", temperature(targets[known], logits[known])
        fits = [None if slope is None else (slope, 0.0)] * targets.shape[1]
    else:
        method = "platt"
        fits = [
            platt(y[~np.isnan(y)], x[~np.isnan(y)])
            for y, x in zip(targets.T, logits.T, strict=True)
        ]
    found = [
        Facts(fit and Calibration(method, *fit, "validation", ece_split, 0, 0))
        for fit in fits
    ]
    before, after = (
        _errors(task, measured[0], probabilities(task, measured[1], facts))
        for facts in ([Facts()] * len(found), found)
    )
    said = probabilities(task, validation[1], found)
    return tuple(
        Facts(
            one.calibration
            and dataclasses.replace(
                one.calibration,
                ece_before=round(before[k], 6),
                ece_after=round(after[k], 6),
            ),
            None
            if task.kind == "classes"
            else chosen_threshold(
                targets[:, k], said[:, k], calibrated=one.calibration is not None
            ),
        )
        for k, one in enumerate(found)
    )


def probabilities(task: Task, logits: Array, facts: Sequence[Facts]) -> Array:
    """What the release will predict: `(n, num_outputs)` float32."""
    from keras import ops

    outputs = [one.of(Output("", task.units, task.activation)) for one in facts]
    function = in_units(task.activation, "", outputs, profile=logits.ndim == 3)
    tensor = ops.convert_to_tensor(logits, "float32")
    return np.asarray(ops.convert_to_numpy(function(tensor)))


def platt(labels: Array, logits: Array) -> tuple[float, float] | None:
    """The slope and intercept of the likeliest sigmoid, by Newton's method.

    Args:
        labels: `(n,)`, 0 or 1.
        logits: `(n,)`.

    Returns:
        None with fewer than 20 rows of either label, where the slope is not above 0,
        and where the logits differ by no more than 32 bits tell.

    Source:
        Platt 1999, "Probabilistic Outputs for Support Vector Machines": targets are
        (positives + 1) / (positives + 2) and 1 / (negatives + 2), which keeps the slope
        finite where a threshold separates the labels.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if min(positives, negatives) < _FEWEST:
        return None
    if not np.ptp(logits) > _RESOLVED * np.abs(logits).max():  # or none is a number
        return None
    target = np.where(
        labels == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2)
    )
    # Of centered logits of one scale Newton's steps are well conditioned.
    center, scale = logits.mean(), logits.std()
    x = np.stack([(logits - center) / scale, np.ones_like(logits)], axis=1)

    def loss(w: Array) -> float:
        z = x @ w
        return float(np.logaddexp(0, z).sum() - (target * z).sum())

    share = (positives + 1) / (len(labels) + 2)
    w = np.array([0.0, np.log(share / (1 - share))])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -500, 500)))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, x.T @ (p - target))
        size = 1.0
        while loss(w - size * step) > loss(w) and size > 1e-6:
            size /= 2
        w = w - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    slope = float(w[0] / scale)
    intercept = float(w[1] - slope * center)
    if not can_calibrate(slope, intercept):
        return None
    return float(f"{slope:.9g}"), float(f"{intercept:.9g}")


def temperature(targets: Array, logits: Array) -> float | None:
    """1 / temperature of the likeliest softmax.

    Args:
        targets: `(n, classes)`, a 1 among zeros.
        logits: `(n, classes)`.

    Returns:
        None with fewer than 20 rows, or without a positive one.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599.
    """
    if len(targets) < _FEWEST:
        return None
    x = logits - logits.max(axis=1, keepdims=True)

    def slope_of_loss(slope: float) -> float:
        weights = np.exp(slope * x)
        expected = (weights * x).sum(axis=1) / weights.sum(axis=1)
        return float((expected - (targets * x).sum(axis=1)).mean())

    # It rises with the slope, as the loss is convex.
    low, high = 1e-3, 1e3
    if not slope_of_loss(low) < 0 < slope_of_loss(high):
        return None
    while high / low > 1 + 1e-7:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if slope_of_loss(middle) < 0 else (low, middle)
    return round(low, 6)


def _errors(task: Task, targets: Array, said: Array) -> list[float]:
    """The calibration error of each output; of classes, that of the likeliest."""
    if task.kind == "classes":
        known = ~np.isnan(targets).any(axis=1)
        targets, said = targets[known], said[known]
        right = targets[np.arange(len(said)), said.argmax(axis=1)]
        return [calibration_error(right, said.max(axis=1))] * said.shape[1]
    return [
        calibration_error(y[~np.isnan(y)], p[~np.isnan(y)])
        for y, p in zip(targets.T, said.T, strict=True)
    ]


def reliability(labels: Array, said: Array) -> Array:
    """Rows, mean prediction and share of positives of bins with rows: `(bins, 3)`.

    Args:
        labels: `(n,)`, 0 or 1.
        said: `(n,)` probabilities; the bins are 15 of equal width.
    """
    place = np.minimum((said * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    sums = [np.bincount(place, values, BINS) for values in (said, labels)]
    some = count > 0
    return np.stack([count[some], *(total[some] / count[some] for total in sums)], 1)


def calibration_error(labels: Array, said: Array) -> float:
    """By how much predictions and shares of positives differ, in the mean over rows.

    Source:
        Guo et al. 2017, arXiv 1706.04599, equation 3, with 15 bins; of a binary output
        the probability of the positive label takes the place of the confidence.
    """
    if not len(labels):
        return 0.0
    count, mean, share = reliability(labels, said.astype(np.float64)).T
    return float((count * np.abs(mean - share)).sum() / count.sum())


def chosen_threshold(labels: Array, said: Array, *, calibrated: bool) -> float | None:
    """The threshold to call by: that of the largest MCC that is to be expected.

    Of calibrated probabilities the expected MCC is that of labels that are as
    probable as they say. It varies far less from one validation split to another than
    the MCC of the labels themselves, whose largest value is partly chance: of
    `gapped_kmer` on the five GUE tasks, 1,000 rows each, the mean test MCC is .697 at
    these thresholds and .682 at those (.702 at logits of 0).

    Args:
        labels: `(n,)`, 0, 1 or NaN.
        said: Probabilities `(n,)`.
        calibrated: Whether they are; else the MCC of the labels decides.

    Returns:
        As `best_threshold`.
    """
    known = ~np.isnan(labels)
    labels, said = labels[known], said[known]
    if len(labels) and labels.min() == labels.max():
        return None
    return best_threshold(said if calibrated else labels, said)


def best_threshold(labels: Array, said: Array) -> float | None:
    """The threshold of the largest MCC, in the middle between two predictions.

    Args:
        labels: `(n,)`, 0, 1 or NaN; or probabilities of a 1.
        said: `(n,)`.

    Returns:
        None where all rows have one label, or all one prediction.
    """
    known = ~np.isnan(labels)
    labels, said = labels[known], said[known].astype(np.float64)
    order = np.argsort(-said, kind="stable")
    labels, said = labels[order], said[order]
    ends = np.flatnonzero(said[1:] != said[:-1])
    positives = labels.sum()
    negatives = len(labels) - positives
    if not len(ends) or not positives or not negatives:
        return None
    called = ends + 1.0
    true = np.cumsum(labels)[ends]
    # Proportional to the MCC; the sign of a threshold that is worse than none is kept.
    score = (true * len(labels) - called * positives) / np.sqrt(
        called * (len(labels) - called)
    )
    best = ends[score.argmax()]
    return _between(said[best + 1], said[best])


def _between(below: float, above: float) -> float:
    """The middle of two predictions, in whose 32 bits it is above the lower one too."""
    middle = np.float32((below + above) / 2)
    return float(middle if middle > below else above)


def background(
    kind: str,
    description: str,
    sequence_length: int,
    said: Array,
    threshold: float,
    rates: Sequence[float] = (0.01, 0.001),
) -> BackgroundRate:
    """What one output says of sequences that should be negative.

    Args:
        kind: See `registry.facts.BackgroundRate`; so are the next two.
        description: In words.
        sequence_length: In bp.
        said: Predictions `(n,)`.
        threshold: Of the output.
        rates: Of false positives to give thresholds for, where 10 rows would be left.
    """
    ranked = np.sort(said.astype(np.float64))[::-1]
    points = []
    for rate in rates:
        allowed = int(rate * len(ranked) + 1e-9)
        if allowed < _TOLD_BY or ranked[allowed] >= 1:
            continue
        above = ranked[ranked > ranked[allowed]]
        least = above[-1] if len(above) else 1.0
        points.append(OperatingPoint(rate, _between(ranked[allowed], least)))
    return BackgroundRate(
        kind,
        description,
        len(ranked),
        sequence_length,
        round(float((ranked >= threshold).mean()), 6),
        tuple(points),
    )
