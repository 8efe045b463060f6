"""Values of a configuration that say "auto" until the data are known."""

from __future__ import annotations

from typing import Literal, TypeVar

from zoo.errors import InputError

Number = TypeVar("Number", int, float)
Auto = Literal["auto"]


def known(value: Number | Auto) -> Number:
    """A value that the size of the data has settled; see docs/train.md.

    Raises:
        InputError: It has not.
    """
    if value == "auto":
        raise InputError(
            "Expected a configuration whose values are settled by the data, as those "
            "of a plan or a run. Received 'auto'."
        )
    return value
