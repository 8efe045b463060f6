"""The class of each example, from its targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError


def classes_of(
    targets: npt.NDArray[np.float32] | None,
) -> npt.NDArray[np.integer[Any]]:
    """The class of each row.

    Args:
        targets: `(n, 1)` of class numbers 0, 1, ... (0 and 1 for a binary label), or
            `(n, classes)` of one-hot rows.

    Returns:
        int64 `(n,)`, from 0.

    Raises:
        InputError: Rows that are not of one class each.
    """
    if targets is None or targets.ndim != 2:
        shape = None if targets is None else targets.shape
        raise InputError(
            "Expected targets (n, 1) or (n, classes), to know each row's class. "
            f"Received: {shape}"
        )
    if np.isnan(targets).any():
        raise InputError(
            "Expected a known class for every row. Received: NaN in "
            f"{int(np.isnan(targets).any(axis=1).sum())} rows. Leave them out with "
            "examples.subset."
        )
    if targets.shape[1] == 1:
        numbers = targets[:, 0].astype(np.int64)
        if (numbers != targets[:, 0]).any() or (numbers < 0).any():
            raise InputError(
                "Expected class numbers 0, 1, ... in targets (n, 1). Received: "
                f"{np.unique(targets)[:5].tolist()}"
            )
        return numbers
    ones = (targets == 1).sum(axis=1) == 1
    zeros = (targets == 0).sum(axis=1) == targets.shape[1] - 1
    if not (ones & zeros).all():
        raise InputError(
            "Expected one class per row, a 1 among zeros. Received: "
            f"{int((~(ones & zeros)).sum())} rows of several classes or none. "
            "Multi-label examples have no balanced order: weigh them instead "
            "(zoo.data.weighted)."
        )
    return targets.argmax(axis=1)
