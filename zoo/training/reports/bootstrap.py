"""Metrics with 95% intervals by bootstrap: what all kinds of tasks share.

The bootstrap needs each metric a thousand times. So a metric here is a function of
weights, how often each row was drawn, for all resamples at once: scikit-learn and
`scipy.stats.bootstrap` take one resample at a time, and minutes where this takes
seconds. With weights of 1 it is the value itself; the tests compare it with theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np

RESAMPLES = 1000
_BLOCK = 4_000_000  # draws at a time: about 30 MB
Values = dict[str, np.ndarray]
Resampled = dict[str, tuple[float, np.ndarray]]


def resampled(
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


def entries(
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
        entry(f"{metric}_{output}", split, value, drawn)
        for output, result in named
        for metric, (value, drawn) in result.items()
    ]


def entry(name: str, split: str, value: float, drawn: np.ndarray) -> dict[str, Any]:
    """One metric with its 95% interval, rounded."""
    limits = np.nanpercentile(drawn, (2.5, 97.5))
    return {
        "name": name,
        "split": split,
        "value": round(value, 6),
        "ci95": [round(float(limit), 6) for limit in limits],
    }


def ratio(
    numerator: np.ndarray, denominator: np.ndarray, empty: float = np.nan
) -> np.ndarray:
    """The quotient; `empty` where the denominator is 0."""
    result = np.full(np.shape(numerator), empty)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def check_shapes(
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
