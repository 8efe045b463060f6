"""Python, seqzoo, processors, memory."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from zoo.doctor.findings import Finding

OLDEST_PYTHON = (3, 11)
LITTLE_MEMORY = 2 << 30  # TensorFlow alone takes about 0.5 GiB
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def python() -> Iterator[Finding]:
    """The interpreter."""
    what = f"{platform.python_version()}, {platform.platform()}, {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        yield Finding("python", "problem", what, f"Use Python {wanted} or newer.")
    else:
        yield Finding("python", "ok", what)


def seqzoo() -> Iterator[Finding]:
    """The installed package."""
    try:
        yield Finding("seqzoo", "ok", metadata.version("seqzoo"))
    except metadata.PackageNotFoundError:
        yield Finding(
            "seqzoo",
            "problem",
            "not installed, only importable: its architectures have no names",
            "Install it: pip install seqzoo, or pip install -e . in a checkout.",
        )


def processors() -> Iterator[Finding]:
    """How many processors this process may use, and how busy they are."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        count = os.cpu_count() or 1
    quota = _cgroup_processors()
    what = f"{count} processors"
    if quota is not None and quota < count:
        what += f", of which the container may use {quota:.1f}"
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        load = 0.0
    if load > 1.5 * min(count, quota or count):
        advice = "Other programs slow down what runs here: wait, or run it elsewhere."
        yield Finding("processors", "warning", f"{what}, load {load:.1f}", advice)
    else:
        yield Finding("processors", "ok", what)


def _cgroup_processors() -> float | None:
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # no cgroup v2, or "max": no limit
        return None


def memory() -> Iterator[Finding]:
    """How much memory is free, for the machine and the container."""
    sizes = _meminfo()
    if sizes is None:
        yield Finding("memory", "ok", "this system does not tell")
        return
    total, free = sizes
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
        total, free = min(total, limit), min(free, limit - used)
    except (OSError, ValueError):
        pass
    what = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB available"
    if free < LITTLE_MEMORY:
        advice = "End other programs, or predict and train with a smaller batch_size."
        yield Finding("memory", "warning", what, advice)
    else:
        yield Finding("memory", "ok", what)


def _meminfo() -> tuple[int, int] | None:
    """(all, available) bytes, on Linux."""
    try:
        lines = MEMINFO.read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines}
        return sizes["MemTotal"], sizes["MemAvailable"]
    except (OSError, ValueError, IndexError, KeyError):
        return None
