"""What a check found, and checks that cannot raise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What was looked at, e.g. "cache".
        level: "ok"; "warning": it works, but not as it could; "problem": it does not.
        what: What was found.
        advice: What to do about it; empty if there is nothing to do.
    """

    check: str
    level: Level
    what: str
    advice: str = ""


def guarded(check: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Runs one check; an exception is a finding too.

    Args:
        check: Its name.
        look: The check.
    """
    try:
        yield from look()
    except (Exception, SystemExit) as error:  # whatever is broken is what we report
        what = f"the check failed: {type(error).__name__}: {error}"
        advice = "Repair what the message names; if it is seqzoo itself, report it."
        yield Finding(check, "problem", what, advice)
