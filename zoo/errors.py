"""Errors of the Keras room; those of names and releases are in `registry.errors`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from registry.errors import SeqzooError

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


class InputError(SeqzooError, ValueError):
    """The user's sequences, intervals or tables cannot be used as they are."""


class WeightsError(SeqzooError, ValueError):
    """A weight file does not hold exactly what the model needs."""


class BackendError(SeqzooError, ImportError):
    """Keras has no backend to run on."""


def said(error: BaseException, limit: int = 500) -> str:
    """What an exception says, on one line: Keras writes several, and in bold."""
    text = _COLOR.sub("", str(error)).partition("\nArguments received by")[0]
    return " ".join(text.split())[:limit]


def check_at_least(least: int, **numbers: float | None) -> None:
    """Refuses what is no number, or below the least there can be; None is left alone.

    Raises:
        InputError: The first that is.
    """
    for name, value in numbers.items():
        if value is not None and not (isinstance(value, Real) and value >= least):
            raise InputError(
                f"Expected {name} of at least {least}. Received: {name}={value!r}"
            )


def check_whole(least: int, **numbers: int | None) -> None:
    """As `check_at_least`, and refuses what is no whole number.

    Raises:
        InputError: The first that is.
    """
    for name, value in numbers.items():
        if isinstance(value, Real) and not isinstance(value, Integral):
            raise InputError(
                f"Expected {name} to be a whole number. Received: {name}={value!r}"
            )
    check_at_least(least, **numbers)


def optional(module: str, extra: str, what: str, instead: str = "") -> Any:
    """A module of a package that not everybody has.

    Args:
        module: Its name.
        extra: Of seqzoo, which brings the package.
        what: What needs it, as an error begins.
        instead: What to do without it, ", or ...".

    Raises:
        InputError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(
            f"{what} needs {module.partition('.')[0]}, which is not installed. Install "
            f"it (pip install 'seqzoo[{extra}]'){instead}."
        ) from None


def check_choice(
    argument: str, value: object, choices: Iterable[object], advice: str = ""
) -> None:
    """Refuses a value that is none of an argument's words.

    Args:
        argument: Its name.
        value: The word received.
        choices: The words there are; None among them if it may be left out.
        advice: A sentence on why there are no others, or what to do.

    Raises:
        InputError: It is none of them.
    """
    known = list(choices)
    if value not in known:
        raise InputError(
            f"Expected {argument} to be one of {', '.join(map(repr, known))}. "
            + (f"{advice} " if advice else "")
            + f"Received: {argument}={value!r}"
        )
