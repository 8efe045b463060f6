"""What is in the way of using this machine well, and what to do about it.

Nothing here imports Keras, NumPy or a plugin: those are tried in processes of their
own, with a time limit, so that a broken one is a finding and not a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zoo.doctor import cache, compute, machine, plugins
from zoo.doctor.findings import Finding, guarded

__all__ = ["Finding", "examine"]

SECONDS = 60.0  # of a check that only looks at files
PLUGIN_SECONDS = 300.0


def examine(*, probe: bool = True) -> list[Finding]:
    """Looks at everything; never raises, never hangs.

    Args:
        probe: Measure the throughput for a second and import the architectures of
            other packages, each in a process of its own. Without it neither is done.

    Returns:
        The findings in a fixed order: machine, Keras and GPU, cache, plugins.
    """
    checks: list[tuple[str, Callable[[], Iterable[Finding]], float]] = [
        ("python", machine.python, SECONDS),
        ("seqzoo", machine.seqzoo, SECONDS),
        ("processors", machine.processors, SECONDS),
        ("memory", machine.memory, SECONDS),
        ("keras", lambda: compute.findings(probe=probe), 2 * compute.SECONDS),
        ("cache", cache.findings, SECONDS),
        ("plugins", lambda: plugins.findings(probe=probe), PLUGIN_SECONDS),
        ("releases", plugins.releases, SECONDS),
    ]
    return [
        finding
        for check, look, seconds in checks
        for finding in guarded(check, look, seconds)
    ]
