"""The installation, memory, and the cache."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from registry import store
from zoo.doctor.findings import Finding

LITTLE_MEMORY = 2 << 30  # TensorFlow alone takes about 0.5 GiB
LITTLE_DISK = 1 << 30
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def installation() -> Iterator[Finding]:
    """The package, and the Python that it is in."""
    where = f"Python {platform.python_version()}, {sys.executable}"
    try:
        yield Finding("seqzoo", "ok", f"{metadata.version('seqzoo')}, {where}")
    except metadata.PackageNotFoundError:
        yield Finding(
            "seqzoo",
            "problem",
            f"not installed in {where}, only importable: its architectures have no "
            "names",
            "Install it: pip install seqzoo, or pip install -e . in a checkout.",
        )


def memory() -> Iterator[Finding]:
    """How much memory is free, for the machine and the container; Linux alone tells."""
    try:
        lines = MEMINFO.read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines}
        total, free = sizes["MemTotal"], sizes["MemAvailable"]
    except (OSError, ValueError, IndexError, KeyError):
        return
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
        total, free = min(total, limit), min(free, limit - used)
    except (OSError, ValueError):  # no cgroup v2, or "max": no limit
        pass
    what = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB available"
    if free < LITTLE_MEMORY:
        advice = "End other programs, or predict and train with a smaller batch_size."
        yield Finding("memory", "warning", what, advice)
    else:
        yield Finding("memory", "ok", what)


def cache() -> Iterator[Finding]:
    """Whether the cache can be written and has room, and what else is set for it."""
    folder = store.folder()
    there = next(f for f in (folder / "x").absolute().parents if f.exists())
    free = shutil.disk_usage(there).free
    what = f"{folder}, {free / 2**30:.1f} GiB free"
    where = "set SEQZOO_CACHE to a folder that you may write to"
    if (reason := _unwritable(folder, there)) is not None:
        advice = f"Change its permissions, or {where}."
        yield Finding("cache", "problem", f"{folder}: not writable: {reason}", advice)
    elif free < LITTLE_DISK:
        advice = f"Run seqzoo cache prune, free space, or {where} on another disk."
        yield Finding("cache", "warning", what, advice)
    else:
        yield Finding("cache", "ok", what)
    for shared in store.folders()[1:]:
        if not (shared.is_dir() and os.access(shared, os.R_OK | os.X_OK)):
            advice = "Correct SEQZOO_SHARED_CACHES, or ask who looks after that folder."
            what = f"{shared}: not a folder that can be read"
            yield Finding("shared cache", "warning", what, advice)
    if store.offline():
        what = "SEQZOO_OFFLINE is set: nothing is downloaded"
        advice = "Unset it to load releases that are not in a cache."
        yield Finding("network", "warning", what, advice)


def _unwritable(folder: Path, there: Path) -> str | None:
    """Why; the folder may still have to be made in the nearest one that exists."""
    if not there.is_dir():
        return f"{there} is not a folder"
    if there != folder.absolute():
        return None if os.access(there, os.W_OK | os.X_OK) else f"{there} is read-only"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)
