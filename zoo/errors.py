"""Errors of the Keras room; those of names and releases are in `registry.errors`."""

from __future__ import annotations

import re

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
