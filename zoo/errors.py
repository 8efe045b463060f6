"""Errors of the Keras room; those of names and releases are in `registry.errors`."""

from __future__ import annotations

from registry.errors import SeqzooError


class InputError(SeqzooError, ValueError):
    """The user's sequences, intervals or tables cannot be used as they are."""


class WeightsError(SeqzooError, ValueError):
    """A weight file does not hold exactly what the model needs."""


class BackendError(SeqzooError, ImportError):
    """Keras has no backend to run on."""
