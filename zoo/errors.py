"""Errors of the Keras room; those of names and releases are in `registry.errors`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from registry.errors import SeqzooError

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class InputError(SeqzooError, ValueError):
    """The user's sequences, intervals or tables cannot be used as they are."""


class WeightsError(SeqzooError, ValueError):
    """A weight file does not hold exactly what the model needs."""


class BackendError(SeqzooError, ImportError):
    """Keras has no backend to run on."""


def said(error: BaseException, limit: int = 500) -> str:
    """What an exception says, on one line: Keras writes several, and in bold."""
    text = _COLOUR.sub("", str(error)).partition("\nArguments received by")[0]
    return " ".join(text.split())[:limit]


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
