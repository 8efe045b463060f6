"""The metrics of one output by their definitions, in float64 NumPy."""

from __future__ import annotations

import numpy as np


def auroc(y: np.ndarray, z: np.ndarray) -> float:
    """Over all pairs of a positive and a negative; a tie counts one half."""
    difference = z[y == 1][:, None] - z[y == 0][None]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def auprc(y: np.ndarray, z: np.ndarray) -> float:
    """The mean over positives of the precision among scores as high or higher."""
    return float(np.mean([y[z >= score].mean() for score in z[y == 1]]))


def mcc(y: np.ndarray, z: np.ndarray) -> float:
    """The correlation of two columns of 0 and 1."""
    return pearson(y, (z > 0).astype("f8"))


def pearson(y: np.ndarray, z: np.ndarray) -> float:
    y, z = y - y.mean(), z - z.mean()
    return float((y * z).sum() / np.sqrt((y**2).sum() * (z**2).sum()))


def spearman(y: np.ndarray, z: np.ndarray) -> float:
    return pearson(ranks(y), ranks(z))


def ranks(v: np.ndarray) -> np.ndarray:
    """How many are below, and half of those that are equal."""
    return (v[:, None] > v).sum(1) + 0.5 * (v[:, None] == v).sum(1)


def each_output(function, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The function over the known rows of each output, (..., num_outputs)."""
    y = y.reshape(-1, y.shape[-1]).astype("f8")
    z = z.reshape(-1, z.shape[-1]).astype("f8")
    known = ~np.isnan(y)
    return np.array(
        [function(y[known[:, o], o], z[known[:, o], o]) for o in range(y.shape[1])]
    )
