"""How far something is, how fast, and how long it will take, on standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

SECONDS_BETWEEN_LINES = 60.0
SECONDS_BETWEEN_DRAWINGS = 0.25

#: Called with a number of things that are done.
Advance = Callable[[int], None]


class Display:
    """A bar on a terminal, drawn over and over; elsewhere lines, for logs.

    Args:
        total: Of what is counted; None if nobody knows.
        stays: Whether the last drawing is left on the terminal.
        terminal: Whether standard error is one; None finds out.
        write: Takes the lines; by default standard error.
    """

    def __init__(
        self,
        total: int | None = None,
        *,
        stays: bool = False,
        terminal: bool | None = None,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._write = write or (lambda text: print(text, file=sys.stderr, flush=True))
        on_terminal = sys.stderr.isatty() if terminal is None else terminal
        self._bar = _bar(total, stays) if on_terminal else None

    @property
    def on_terminal(self) -> bool:
        """Whether there is a bar."""
        return self._bar is not None

    def draw(self, done: int, title: str, *words: str) -> None:
        """Draws the bar, if there is one: how much is done, a title, and words."""
        if self._bar is not None:
            task = self._bar.task_ids[0]
            text = " ".join(filter(None, words))
            self._bar.update(task, completed=done, description=title, text=text)
            self._bar.start()

    def line(self, *words: str) -> None:
        """Writes a line, if there is no bar."""
        if self._bar is None:
            self._write("  ".join(filter(None, words)))

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()


@contextlib.contextmanager
def counted(
    total: int | None,
    done: int,
    unit: str,
    *,
    speed: Callable[[float], str] | None = None,
    terminal: bool | None = None,
    write: Callable[[str], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Advance]:
    """A bar of what is done; elsewhere a line per minute.

    Args:
        total: How many there are, with those done before; None if nobody knows.
        done: How many an earlier run has done.
        unit: What is counted, in the plural.
        speed: Says, for a number per second, how fast that is.
        terminal: Whether standard error is one; None finds out.
        write: Takes the lines; by default standard error.
        clock: Seconds.

    Yields:
        A function to call with how many were done since.
    """
    display = Display(total, terminal=terminal, write=write)
    before, begin = done, clock()
    last = begin

    def words(now: float) -> tuple[str, ...]:
        rate = (done - before) / max(now - begin, 1e-9)
        fast = speed(rate) if speed else f"{rate:,.0f} {unit}/s"
        if total is None:
            return f"{done:,} {unit}", fast
        return f"{done / total:.1%}", fast, f"{duration((total - done) / rate)} left"

    def advance(count: int) -> None:
        nonlocal done, last
        done += count
        now = clock()
        seconds = SECONDS_BETWEEN_LINES
        if display.on_terminal:
            seconds = SECONDS_BETWEEN_DRAWINGS if last > begin else 0
        if now - last < seconds or done == before:
            return
        last = now
        display.draw(done, *words(now))
        display.line(f"seqzoo: {', '.join(words(now))}")

    try:
        yield advance
    finally:
        display.close()


def duration(seconds: float) -> str:
    """Seconds in the largest unit of which there are two, such as "4 min"."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"


def _bar(total: int | None, stays: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    shown = Progress(
        SpinnerColumn() if total is None else BarColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[text]}", markup=False),
        console=Console(stderr=True),
        transient=not stays,
        redirect_stdout=False,
    )
    shown.add_task("", total=total, text="")
    return shown
