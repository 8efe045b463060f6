"""What a check found, and checks that can neither raise nor hang."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
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


def guarded(
    check: str, look: Callable[[], Iterable[Finding]], seconds: float
) -> list[Finding]:
    """Runs one check; an exception or a time limit is a finding too.

    Args:
        check: Its name.
        look: The check.
        seconds: How long it may take.
    """
    found: list[Finding] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            found.extend(look())
        except BaseException as error:  # whatever is broken is what we report
            failures.append(error)

    # A daemon, so that what hangs does not keep the program from ending.
    thread = threading.Thread(target=run, name=f"doctor-{check}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        what = f"the check did not end within {seconds:.0f} s"
        advice = "Look at the disk or the network that it waits for, and run it again."
        return [*found, Finding(check, "problem", what, advice)]
    for error in failures:
        what = f"the check failed: {type(error).__name__}: {error}"
        advice = "Repair what the message names; if it is seqzoo itself, report it."
        found.append(Finding(check, "problem", what, advice))
    return found
