"""Regions without peaks beside the peaks, of which an epoch has only some."""

from __future__ import annotations

import dataclasses

import numpy as np

from zoo.data.concatenation import concatenate
from zoo.data.examples import Examples
from zoo.data.rows import BACKGROUND


def with_background(peaks: Examples, background: Examples) -> Examples:
    """Peaks and regions without peaks as one set, for `batches(background_ratio=)`.

    Args:
        peaks: Examples.
        background: Others of the same lengths, outputs and inputs.

    Returns:
        The peaks and then the background, told apart by the column "background", bool.

    Raises:
        InputError: They do not fit each other; see `zoo.data.concatenate`.
    """
    return concatenate(
        *(
            dataclasses.replace(
                part,
                columns={**part.columns, BACKGROUND: np.full(len(part), is_background)},
            )
            for part, is_background in ((peaks, False), (background, True))
        )
    )
