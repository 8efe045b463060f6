"""Rows that cannot be used: the first is an error, or all are left out and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

from zoo.data.fasta import OnInvalid
from zoo.errors import InputError

OnInvalidRow = Literal["error", "drop"] | OnInvalid
Where = Callable[[int], str]

#: How to go on, where a row may be left out.
LEAVE_OUT = "--on-invalid drop, in Python on_invalid='drop', leaves such rows out."


class Rejected:
    """Counts what is left out of one source, by reason.

    Args:
        on_invalid: "error" raises; "drop" leaves out; a function does too, after it
            was called with the error.
        hint: What an error that is raised says beside: how to go on.
    """

    def __init__(self, on_invalid: OnInvalidRow, hint: str = "") -> None:
        if on_invalid not in ("error", "drop") and not callable(on_invalid):
            raise InputError(
                "Expected on_invalid='error', 'drop' or a function of the error. "
                f"Received: {on_invalid!r}"
            )
        self.on_invalid = on_invalid
        self._hint = hint
        self.counts: Counter[str] = Counter()

    def __call__(self, reason: str, error: InputError) -> None:
        """Raises `error`, or counts a row under `reason`."""
        if self.on_invalid == "error":
            raise InputError(f"{error} {self._hint}") if self._hint else error
        self.counts[reason] += 1
        if callable(self.on_invalid):
            self.on_invalid(error)

    def nothing_left(self, source: str) -> InputError:
        """The error if no row could be used."""
        if not self.counts:
            return InputError(f"{source}: expected at least one row. Received none.")
        counts = ", ".join(f"{n} {reason}" for reason, n in self.counts.items())
        message = f"{source}: no row could be used. Left out: {counts}."
        if self.on_invalid == "drop":
            message += " on_invalid='error' shows the first of them."
        return InputError(message)
