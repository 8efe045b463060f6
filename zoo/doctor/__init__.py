"""What is in the way of using this machine well, and what to do about it.

Nothing here imports Keras, NumPy or a plugin: those are tried in processes of their
own, with a time limit, so that a broken one is a finding and not a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from zoo.doctor import compute, machine, plugins
from zoo.doctor.findings import Finding, guarded

__all__ = ["Finding", "examine"]


def examine(*, probe: bool = True) -> Iterator[Finding]:
    """Looks at everything; never raises.

    Args:
        probe: Measure the throughput for a second and import the architectures of
            other packages, each in a process of its own. Without it neither is done.

    Yields:
        The findings as they come, in a fixed order: installation, memory, Keras and
        GPU, cache, plugins.
    """
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "seqzoo": machine.installation,
        "memory": machine.memory,
        "keras": lambda: compute.findings(probe=probe),
        "cache": machine.cache,
        "plugins": lambda: plugins.findings(probe=probe),
        "releases": plugins.releases,
    }
    for check, look in checks.items():
        yield from guarded(check, look)
