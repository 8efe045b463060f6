"""How near predicted profiles are to the reads, and how near they could be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.training.reports.bootstrap import (
    RESAMPLES,
    Values,
    check_shapes,
    entries,
    resampled,
)
from zoo.training.reports.evaluation import profile_metrics

_BLOCK = 2_000_000  # bins in memory at a time


def share_metrics(
    output_names: Sequence[str],
    reads: npt.NDArray[Any],
    shares: npt.NDArray[Any],
    *,
    split: str,
    seed: int,
    resamples: int = RESAMPLES,
) -> list[dict[str, Any]]:
    """Jensen-Shannon distances of observed and predicted profiles, with two bounds.

    Of each output the median over the windows with reads, 0 for equal profiles and 1
    for those that have no base in common:

    - `jsd`: of the predicted profile;
    - `jsd_shuffled`: of the window's own reads in random order, which a model that
      knows the values but not their places would reach;
    - `jsd_replicates`: between two pseudo-replicates, to which the reads were assigned
      one by one at random. Each has half of the reads, so a perfect model comes below.
      Only of targets that are whole numbers.

    Args:
        output_names: One name per output.
        reads: `(n, bins, num_outputs)`, 0 or more, or NaN.
        shares: `(n, bins, num_outputs)`, predicted.
        split: What the rows are, e.g. "test".
        seed: The bootstrap's, the shuffle's and the replicates'.
        resamples: Bootstrap resamples of the windows with reads.

    Returns:
        Entries `{name, split, value, ci95}` as in
        `zoo.training.reports.evaluation.classification_metrics`; then those of
        `profile_metrics`, of the observed shares.

    Raises:
        ValueError: Shapes differ, or an output has no reads.
        InputError: SciPy is missing.

    Source:
        Distance of Endres and Schindelin 2003, doi:10.1109/TIT.2003.813506, with
        logarithms to base 2; shuffled reads as in ChromBPNet (Pampari et al. 2025,
        doi:10.1101/2024.12.25.630221), whose distances have natural logarithms: times
        sqrt(ln 2) they are ours. Replicates as in BPNet, Avsec et al. 2021,
        doi:10.1038/s41588-021-00782-6.
    """
    check_shapes(output_names, reads, shares, ndim=3)
    random = np.random.default_rng(seed)
    results = []
    for output, name in enumerate(output_names):
        some = np.nansum(reads[..., output], axis=1) > 0
        if not some.any():
            raise ValueError(f"Expected reads of {name} in the {split} split.")
        found = _distances(reads[some, :, output], shares[some, :, output], random)
        count = int(some.sum())
        results += resampled(count, resamples, random, partial(_medians, found))
    of_shares = profile_metrics(
        output_names,
        shares_of(reads),
        shares,
        split=split,
        seed=seed,
        resamples=resamples,
    )
    return [*entries(output_names, results, split), *of_shares]


def shares_of(reads: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of the reads of a window in each bin (axis 1); NaN where it has none."""
    total = np.nansum(reads, axis=1, keepdims=True)
    return np.divide(reads, total, out=np.full_like(reads, np.nan), where=total > 0)


def jensen_shannon(
    first: npt.NDArray[Any], second: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """The distance of two profiles (n, bins, ...) -> (n, ...), to base 2.

    They need not sum to 1. Bins that are NaN in one are left out of both. NaN where one
    has nothing.
    """
    return _by_blocks(_distance, first, second)


def _by_blocks(
    function: Callable[..., npt.NDArray[np.float64]], *arrays: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """What it gives for some rows after the others, in little memory."""
    step = max(1, _BLOCK // max(1, math.prod(arrays[0].shape[1:])))
    firsts = range(0, max(1, len(arrays[0])), step)
    return np.concatenate(
        [function(*(a[i : i + step] for a in arrays)) for i in firsts]
    )


def _distance(
    first: npt.NDArray[Any], second: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    known = ~(np.isnan(first) | np.isnan(second))
    p, q = (
        shares_of(np.where(known, each, 0.0).astype(np.float64))
        for each in (first, second)
    )
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return np.sqrt(np.clip(divergence, 0.0, 1.0))


def _relative_entropy(
    p: npt.NDArray[np.float64], middle: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """In bits; 0 log 0 is 0, and NaN stays NaN."""
    ratio = np.divide(p, middle, out=np.ones_like(p), where=p > 0)
    found: npt.NDArray[np.float64] = (p * np.log2(ratio)).sum(axis=1)
    return found


def _distances(
    reads: npt.NDArray[Any], shares: npt.NDArray[Any], random: np.random.Generator
) -> dict[str, npt.NDArray[np.float64]]:
    """By the name of the metric, of each window of one output, (n, bins) -> (n,)."""

    def from_shuffled(some: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        return _distance(some, _shuffled(some, random))

    def between_halves(some: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        half = _half(some, random)
        return _distance(half, some - half)

    found = {
        "jsd": jensen_shannon(reads, shares),
        "jsd_shuffled": _by_blocks(from_shuffled, reads),
    }
    known = reads[~np.isnan(reads)]
    if (known == np.rint(known)).all():
        found["jsd_replicates"] = _by_blocks(between_halves, reads)
    return {name: each for name, each in found.items() if not np.isnan(each).all()}


def _shuffled(reads: npt.NDArray[Any], random: np.random.Generator) -> npt.NDArray[Any]:
    """Each row's known values in random order; NaN stays in its place."""
    missing = np.isnan(reads)
    order = np.argsort(random.random(reads.shape) + missing, axis=1)
    places = np.argsort(missing, axis=1, kind="stable")
    made = np.empty_like(reads)
    np.put_along_axis(made, places, np.take_along_axis(reads, order, axis=1), axis=1)
    return made


def _half(reads: npt.NDArray[Any], random: np.random.Generator) -> npt.NDArray[Any]:
    """Each read with a probability of one half."""
    drawn = random.binomial(np.nan_to_num(reads).astype(np.int64), 0.5)
    return np.where(np.isnan(reads), np.nan, drawn)


def _medians(
    distances: dict[str, npt.NDArray[np.float64]], weights: npt.NDArray[np.float64]
) -> Values:
    """The median of each for each row of `weights` `(resamples, n)`."""
    return {name: _median(each, weights) for name, each in distances.items()}


def _median(
    values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """As `np.median` of the values that are known, each as often as it weighs."""
    order = np.argsort(values)[: int((~np.isnan(values)).sum())]  # NaN comes last
    values, below = values[order], np.cumsum(weights[:, order], axis=1)
    half = below[:, -1:] / 2
    middle = (
        values[(below >= half).argmax(axis=1)],
        values[(below > half).argmax(axis=1)],
    )
    return np.where(half[:, 0] > 0, (middle[0] + middle[1]) / 2, np.nan)
