"""How far a prediction is, how fast, and how long it will take, on standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from zoo.prediction.genome.job import Advance

_SECONDS_BETWEEN_LINES = 60.0


@contextlib.contextmanager
def shown(total: int, done: int, step: int) -> Iterator[Advance]:
    """A bar on a terminal; elsewhere a line a minute, for logs.

    Args:
        total: Windows of the whole run.
        done: Windows done before, by a run that is continued.
        step: bp of the genome that a window stands for.

    Yields:
        A function to call with the number of windows done since.
    """
    if not sys.stderr.isatty():
        yield lines(total, done, step, lambda text: print(text, file=sys.stderr))
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TaskProgressColumn(),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        speed_estimate_period=60,
    ) as progress:
        task = progress.add_task("predict", total=total, completed=done, speed="")

        def advance(windows: int) -> None:
            progress.advance(task, windows)
            rate = progress.tasks[0].speed
            if rate:
                progress.update(task, speed=speed(rate, step))

        yield advance


def lines(
    total: int,
    done: int,
    step: int,
    write: Callable[[str], object],
    clock: Callable[[], float] = time.monotonic,
) -> Advance:
    """Counts windows and writes a line each minute; arguments as of `shown`."""
    begin = last = clock()
    before = done

    def advance(windows: int) -> None:
        nonlocal done, last
        done += windows
        now = clock()
        if now - last < _SECONDS_BETWEEN_LINES:
            return
        last = now
        rate = (done - before) / (now - begin)
        left = round((total - done) / rate)
        write(
            f"seqzoo: {done / total:.1%}, {speed(rate, step)}, "
            f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02} left"
        )

    return advance


def speed(rate: float, step: int) -> str:
    """Windows and bp a second."""
    bases = rate * step
    unit, size = next(
        (u, s) for u, s in (("Mb", 1e6), ("kb", 1e3), ("bp", 1)) if bases >= s or s == 1
    )
    return f"{rate:,.0f} windows/s, {bases / size:,.1f} {unit}/s"
