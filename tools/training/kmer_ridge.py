"""Ridge regression on k-mer counts around each bin: the bar for profiles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from tools.datasets import Dataset, Split
from zoo.dna import kmer_indices, reverse_complement_codes

K = (4, 5)
# Bins counted on either side of the predicted one.
RADII = (0, 1, 2, 4)
PENALTIES = (1e1, 1e2, 1e3, 1e4, 1e5)
# Windows per block: about 100 MB of counts.
WINDOWS = 64


def ridge_regression(
    dataset: Dataset,
) -> tuple[str, dict[str, float], np.ndarray]:
    """Fits one ridge regression for all bins of a profile with one output.

    Every fourth training window is used: in the data set at hand, the windows whose
    targets do not overlap.

    Returns:
        A description, the chosen radius (bins) and penalty, and predictions for the
        test split, float64 `(n, bins, 1)`.
    """
    best, chosen, weights = -np.inf, {"radius": 0.0, "penalty": 0.0}, np.empty(0)
    train = Split(dataset.train.codes[::4], dataset.train.targets[::4])
    known = ~np.isnan(dataset.validation.targets[:, :, 0])
    truth = dataset.validation.targets[known, 0]
    for radius in RADII:
        gram, moment = _normal_equations(train, radius, dataset)
        solved = []
        for penalty in PENALTIES:
            # The first column is the constant, which is not penalized.
            ridge = np.diag(np.append(0.0, np.full(len(gram) - 1, penalty)))
            solved.append(cho_solve(cho_factor(gram + ridge), moment))
        predicted = _predict_profile(
            dataset.validation, radius, dataset, np.stack(solved, axis=1)
        )
        for penalty, weight, values in zip(
            PENALTIES, solved, np.moveaxis(predicted, 2, 0), strict=True
        ):
            score = float(np.corrcoef(truth, values[known])[0, 1])
            if score > best:
                best, weights = score, weight
                chosen = {"radius": float(radius), "penalty": penalty}
    radius = int(chosen["radius"])
    predictions = _predict_profile(dataset.test, radius, dataset, weights[:, None])
    strands = "both strands" if dataset.reverse_complement else "one strand"
    description = (
        f"ridge regression, counts of {', '.join(f'{k}-mers' for k in K)} in "
        f"{(2 * radius + 1) * dataset.bin_size} bp around each bin, {strands}; width "
        "and penalty by Pearson on validation"
    )
    return description, chosen, predictions


def _blocks(split: Split) -> Iterator[Split]:
    for start in range(0, len(split), WINDOWS):
        rows = slice(start, start + WINDOWS)
        yield Split(split.codes[rows], split.targets[rows])


def _normal_equations(
    split: Split, radius: int, dataset: Dataset
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of `x x` and `x y` over the known bins."""
    columns = 1 + sum(4**k for k in K)
    gram, moment = np.zeros((columns, columns)), np.zeros(columns)
    for block in _blocks(split):
        y = block.targets[:, :, 0].ravel()
        known = ~np.isnan(y)
        x = _bin_counts(block, radius, dataset)[known]
        gram += x.T @ x
        moment += x.T @ y[known]
    return gram, moment


def _predict_profile(
    split: Split, radius: int, dataset: Dataset, weights: np.ndarray
) -> np.ndarray:
    """Predictions `(n, bins, columns of weights)`."""
    weights = weights.astype(np.float32)
    predicted = [
        _bin_counts(block, radius, dataset) @ weights for block in _blocks(split)
    ]
    shape = (*split.targets.shape[:2], weights.shape[1])
    return np.concatenate(predicted).reshape(shape).astype(np.float64)


def _bin_counts(split: Split, radius: int, dataset: Dataset) -> np.ndarray:
    """A constant and the k-mer counts of `2 * radius + 1` bins around each bin.

    Returns:
        float32 `(n * bins, 1 + sum of 4**k)`.
    """
    n, length = split.codes.shape
    bins, size = split.targets.shape[1], dataset.bin_size
    # The bins go on beyond the targets, to the ends of the window.
    first = (length // size - bins) // 2
    counts = _block_counts(split.codes, size, dataset.reverse_complement)
    total = np.cumsum(counts, axis=1)
    total = np.pad(total, ((0, 0), (1, 0), (0, 0)))
    left = np.arange(first, first + bins) - radius
    around = total[:, left + 2 * radius + 1] - total[:, left]
    around = around.reshape(n * bins, -1)
    return np.concatenate([np.ones((n * bins, 1), np.float32), around], axis=1)


def _block_counts(codes: np.ndarray, size: int, both_strands: bool) -> np.ndarray:
    """Counts of the k-mers that start in each `size` bp, `(n, blocks, k-mers)`."""
    n, blocks = len(codes), codes.shape[1] // size
    columns = []
    for k in K:
        index = kmer_indices(codes, k).astype(np.int64)
        row = np.arange(n)[:, None] * blocks + np.arange(index.shape[1]) // size
        known = index >= 0
        flat = np.bincount((row * 4**k + index)[known], minlength=n * blocks * 4**k)
        counts = flat.reshape(n, blocks, 4**k).astype(np.float32)
        if both_strands:
            counts = counts + counts[:, :, _partners(k)]
        columns.append(counts)
    return np.concatenate(columns, axis=2)


def _partners(k: int) -> np.ndarray:
    """The index of each k-mer's reverse complement, `(4**k,)`."""
    every = np.arange(4**k)[:, None] >> 2 * np.arange(k)[::-1] & 3
    return kmer_indices(reverse_complement_codes(every.astype(np.uint8)), k)[:, 0]
