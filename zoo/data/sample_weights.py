"""Weights that make rare classes count as much as common ones."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.classes import classes_of
from zoo.data.examples import Examples
from zoo.errors import InputError, check_choice

KINDS = ("balanced", "effective_number")


def class_weights(
    counts: npt.ArrayLike, *, kind: str = "balanced", beta: float = 0.999
) -> npt.NDArray[np.float64]:
    """The weight of an example of each class.

        "balanced":          w_c = n / (C n_c)
        "effective_number":  w_c = a (1 - beta) / (1 - beta^n_c)

    with n_c examples of class c, n of all and C the number of classes that have any.
    The number a makes the mean weight of the examples 1, as it is in "balanced", so
    that neither changes the size of a loss that divides by the number of examples.

    Args:
        counts: Examples of each class along the last axis, `(..., classes)`.
        kind: See above.
        beta: From 0 to 1, without 1: 0 weighs all classes the same, near 1 as
            "balanced" does.

    Returns:
        float64 of the shape of `counts`; 0 for a class without examples.

    Raises:
        InputError: Another kind, or beta out of its range.

    Source:
        "balanced" is scikit-learn's; "effective_number" is Cui et al., "Class-balanced
        loss based on effective number of samples", 2019,
        doi:10.1109/CVPR.2019.00949, equation 2. Deviation: there, the weights of the
        classes have the sum C.
    """
    check_choice("kind", kind, KINDS)
    if not 0 <= beta < 1:
        raise InputError(f"Expected beta from 0 to below 1. Received: {beta}")
    try:
        n = np.asarray(counts, np.float64)
    except (TypeError, ValueError):
        hint = "Of examples, weighted(examples) makes the weights."
        raise InputError(
            "Expected the number of examples of each class. Received: "
            f"{type(counts).__name__}. {hint}"
        ) from None
    there = n > 0
    if kind == "balanced":
        effective = n
    elif beta == 0:
        effective = np.ones_like(n)
    else:
        # -expm1(n log beta) = 1 - beta^n, without the loss of digits near beta = 1.
        effective = np.expm1(n * np.log(beta)) / np.expm1(np.log(beta))
    weights = np.divide(1.0, effective, out=np.zeros_like(n), where=there)
    total = n.sum(axis=-1, keepdims=True)
    weighted_total = (n * weights).sum(axis=-1, keepdims=True)
    return weights * np.divide(
        total, weighted_total, out=np.zeros_like(total), where=weighted_total > 0
    )


def weighted(
    examples: Examples, *, kind: str = "balanced", beta: float = 0.999
) -> Examples:
    """The examples with weights by class, so that rare classes count more.

    Targets `(n, 1)` or one-hot `(n, classes)` are of one class per row: one weight per
    row, `(n,)`. Otherwise each output is a label of its own, 0 or 1 or NaN for missing:
    a weight for each, `(n, num_outputs)`, counted over the known ones of its output,
    and 0 where it is missing. The losses of `zoo.losses` take both; Keras's own take
    one weight per row only and do not know NaN.

    Weights that the examples have already are multiplied with these.

    Args:
        examples: With targets of classes or labels.
        kind: "balanced" or "effective_number", see `class_weights`.
        beta: Of "effective_number".

    Raises:
        InputError: Targets that are neither, or another kind.
    """
    targets = examples.targets
    if targets is None or targets.ndim != 2:
        raise InputError(
            "Expected targets (n, num_outputs), classes or labels. Received: "
            f"{None if targets is None else targets.shape}"
        )
    weights: npt.NDArray[Any]
    if _of_one_class(targets):
        classes = classes_of(targets)
        weights = class_weights(np.bincount(classes), kind=kind, beta=beta)[classes]
    else:
        positive, negative = targets == 1, targets == 0
        other = ~(positive | negative | np.isnan(targets))
        if other.any():
            raise InputError(
                "Expected labels of 0, 1 or NaN. Received: "
                f"{targets[other][:3].tolist()}. Values have no classes to balance."
            )
        counts = np.stack([negative.sum(axis=0), positive.sum(axis=0)], axis=-1)
        of_class = class_weights(counts, kind=kind, beta=beta)
        weights = negative * of_class[:, 0] + positive * of_class[:, 1]
    if examples.sample_weight is not None:
        given = examples.sample_weight
        axes = (1,) * (weights.ndim - given.ndim)
        weights = weights * given.reshape(*given.shape, *axes)
    return dataclasses.replace(examples, sample_weight=weights.astype(np.float32))


def _of_one_class(targets: npt.NDArray[np.float32]) -> bool:
    if np.isnan(targets).any():
        return False
    if targets.shape[1] == 1:
        return True
    binary = ((targets == 0) | (targets == 1)).all()
    return bool(binary and (targets.sum(axis=1) == 1).all())
