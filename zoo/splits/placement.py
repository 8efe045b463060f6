"""Rows into sets: in given shares, equal in labels, groups kept together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples

Groups = npt.NDArray[np.int64]

_COMBINATIONS = 100  # of labels; more are not classes
_BINS = 10  # of a value


def strata(examples: Examples, stratify: bool) -> Groups:
    """A number per row: the combination of its labels."""
    nothing = np.zeros(len(examples), np.int64)
    if not stratify or examples.targets is None or not len(examples):
        return nothing
    table = examples.targets.reshape(len(examples), -1)
    table = np.where(np.isnan(table), np.float32(np.inf), table)
    found = np.unique(table, axis=0, return_inverse=True)
    if len(found[0]) <= _COMBINATIONS:
        return found[1].reshape(-1).astype(np.int64)
    ranks = np.argsort(np.argsort(table[:, 0], kind="stable"), kind="stable")
    return (ranks * _BINS // len(examples)).astype(np.int64)


def placed(
    groups: Groups, kind_of: Groups, shares: npt.NDArray[np.float64], seed: int
) -> Groups:
    """The set of each row, a number for each share; groups stay together.

    Larger groups are placed first, each where the most is missing of what it holds;
    then single rows fill up what is left, in a random order.
    """
    random = np.random.default_rng(seed)
    places = np.zeros(len(groups), np.int64)
    if not len(groups):
        return places
    kinds = int(kind_of.max()) + 1
    missing = shares[:, None] * np.bincount(kind_of, minlength=kinds)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    larger = np.flatnonzero(sizes > 1)
    larger = larger[np.lexsort((random.random(len(larger)), -sizes[larger]))]
    for group in larger:
        rows = order[starts[group] : starts[group] + sizes[group]]
        held = np.bincount(kind_of[rows], minlength=kinds)
        # What would be missing less, weighed by the size of the set.
        gain = np.where(
            shares > 0, (missing @ held) / np.maximum(shares, 1e-9), -np.inf
        )
        side = int(np.argmax(gain))
        places[rows] = side
        missing[side] -= held
    single = random.permutation(order[starts[sizes == 1]])
    for kind in range(kinds):
        rows = single[kind_of[single] == kind]
        wanted = np.maximum(missing[:, kind], 0)
        total = wanted.sum()
        ends = np.cumsum(wanted / total if total else shares) * len(rows)
        places[rows] = np.searchsorted(np.round(ends), np.arange(len(rows)), "right")
    return np.minimum(places, len(shares) - 1)
