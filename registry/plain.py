"""Values of NumPy, pandas or a tensor library -> those that JSON and builders have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Numbers, texts and sequences of them as Python's own, at any depth.

    `np.int64(8)` becomes 8, an array or a series a list, a mapping a dict; what is none
    of these stays as it is.
    """
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(map(plain, value))
    for name in ("tolist", "to_list"):  # NumPy, pandas and tensors; polars
        if hasattr(value, name) and not isinstance(value, type):
            return plain(getattr(value, name)())
    return value
