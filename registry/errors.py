"""What can go wrong with names, plugins and releases, one exception each."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SeqzooError(Exception):
    """Base of every error that seqzoo raises on purpose.

    Its message is written for the user: what was expected, what was received,
    and the next step. The command line prints it without a traceback.
    """


class ArgumentTypeError(SeqzooError, TypeError):
    """An argument is of another type than the one expected."""


class UnknownNameError(SeqzooError, LookupError):
    """No architecture or release of that name.

    Args:
        kind: What was looked for, e.g. "release".
        name: The name received.
        known: The names that exist; the nearest ones are suggested.
        hint: What to do, where that is known better.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, hint: str | None = None
    ) -> None:
        self.hint = hint
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        if hint is None and near:
            hint = "Did you mean " + " or ".join(map(repr, near)) + "?"
        elif hint is None:
            hint = (
                f"Known: {', '.join(known)}." if known else f"No {kind} is installed."
            )
        super().__init__(f"Unknown {kind}: {name!r}. {hint}")


class DuplicateNameError(SeqzooError, ValueError):
    """Two providers claim one name."""


class PluginError(SeqzooError, RuntimeError):
    """An architecture's module cannot be imported or is not a builder."""


class ReleaseError(SeqzooError, ValueError):
    """A release folder is not as its schema says."""


class StoreError(SeqzooError, OSError):
    """The cache cannot be used: not writable, full, or offline without the file."""


class DownloadError(SeqzooError, OSError):
    """No mirror gave the file; the message has the reason of each."""


class IntegrityError(ReleaseError):
    """A file's size or sha256 is not the one that its release declares."""
