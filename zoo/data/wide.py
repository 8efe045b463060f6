"""Arrays of windows within arrays of wider windows: axis 1 is that of the positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.rows import Rows

Array = npt.NDArray[Any]


def middle(wide: Array, length: int) -> Array:
    """The `length` positions in the middle of each row, a view."""
    first = (wide.shape[1] - length) // 2
    return wide[:, first : first + length]


def is_middle(values: Array | None, wide: Array | None) -> bool:
    """Whether values are the middle of wider ones, and not others in their place."""
    if values is None or wide is None:
        return False
    view = middle(wide, values.shape[1])
    if view.shape != values.shape or not values.size:
        return view.shape == values.shape
    # Usually they are that view; from another process they come as a copy.
    same = view.ctypes.data == values.ctypes.data and view.strides == values.strides
    return same or np.array_equal(view, values, equal_nan=True)


def taken(
    values: Array, rows: Rows, wide: Array | None, wide_rows: Array | None
) -> Array:
    """Rows of values, a view of the same rows of wider ones where they are one.

    Args:
        values: `(n, ...)`.
        rows: Their numbers.
        wide: What `values` may be the middle of, `(n, ...)`.
        wide_rows: The rows of `wide`.
    """
    if wide_rows is not None and is_middle(values, wide):
        return middle(wide_rows, values.shape[1])
    return rows_of(values, rows)


def rows_of(values: Array, rows: Rows) -> Array:
    """Rows, a new array; `take` is faster, but copies all of what is not contiguous."""
    return values.take(rows, axis=0) if values.flags.c_contiguous else values[rows]


def moved(wide: Array, rows: Rows, first: npt.NDArray[np.int64], length: int) -> Array:
    """From each of some rows `length` positions, from its own first one on.

    Args:
        wide: `(n, positions, ...)`.
        rows: Numbers `(m,)`.
        first: `(m,)`.
        length: Positions.

    Returns:
        `(m, length, ...)`, a new array.
    """
    found = np.empty((len(rows), length, *wide.shape[2:]), wide.dtype)
    for out, row, at in zip(found, rows.tolist(), first.tolist(), strict=True):
        out[:] = wide[row, at : at + length]
    return found
