"""A method whose arguments are those of what it calls, written and documented once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class LateMethod(Generic[Arguments, Result]):
    """`x.name(...)` is `f(x, ...)`, with the signature and the docstring of `f`.

    Args:
        find: Gives `f`; called on use, so that `f` may be slow to import.
    """

    def __init__(
        self, find: Callable[[], Callable[Concatenate[Any, Arguments], Result]]
    ) -> None:
        self._find = find

    def __get__(
        self, instance: object, owner: type | None = None
    ) -> Callable[Arguments, Result]:
        function: Any = self._find()
        if instance is None:
            return function
        bound: Any = functools.partial(function, instance)
        bound.__doc__ = function.__doc__
        return bound
