"""Is the cache there, writable, sound, and has it room?"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from registry import maintenance, store
from zoo.doctor.findings import Finding

LITTLE_DISK = 1 << 30
MOST_HASHED = 2 << 30  # a few seconds


def findings() -> Iterator[Finding]:
    """Folder, room, content, shared caches."""
    folder = store.folder()
    where = "set SEQZOO_CACHE to a folder that you may write to"
    there = _existing(folder)
    if (problem := _unwritable(folder, there)) is not None:
        advice = f"Change its permissions, or {where}."
        yield Finding("cache", "problem", f"{folder}: not writable: {problem}", advice)
    else:
        state = "" if folder.is_dir() else ", made at the first download"
        yield Finding("cache", "ok", f"{folder}{state}")
    free = shutil.disk_usage(there).free
    room = f"{free / 2**30:.1f} GiB free at {there}"
    if free < LITTLE_DISK:
        advice = f"Run seqzoo cache prune, free space, or {where} on another disk."
        yield Finding("disk", "warning", room, advice)
    else:
        yield Finding("disk", "ok", room)
    if folder.is_dir():
        yield from _content(folder)
    yield from _shared()
    if store.offline():
        yield Finding(
            "network",
            "warning",
            "SEQZOO_OFFLINE is set: nothing is downloaded",
            "Unset it to load releases that are not in a cache.",
        )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    for path in (folder, *folder.absolute().parents):
        if path.exists():
            return path
    return Path.cwd()


def _unwritable(folder: Path, there: Path) -> str | None:
    if not there.is_dir():
        return f"{there} is no folder"
    if there != folder:
        return None if os.access(there, os.W_OK | os.X_OK) else f"{there} is read-only"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _content(folder: Path) -> Iterator[Finding]:
    size = sum(f.stat().st_size for f in (folder / "files").glob("??/*") if f.is_file())
    if size > MOST_HASHED:
        what = f"{size / 2**30:.1f} GiB of files, which were not hashed"
        yield Finding("cached files", "ok", what, "Check them: seqzoo cache verify")
        return
    damaged = maintenance.damaged()
    if damaged:
        names = ", ".join(map(str, damaged[:3])) + ", ..." * (len(damaged) > 3)
        yield Finding(
            "cached files",
            "problem",
            f"{len(damaged)} damaged: {names}",
            "Remove them (seqzoo cache verify lists all): they are downloaded again. "
            "If it happens twice, the disk is failing.",
        )
    else:
        what = f"{size / 2**20:.1f} MiB, each file is what its name says"
        yield Finding("cached files", "ok", what)


def _shared() -> Iterator[Finding]:
    for cache in store.folders()[1:]:
        if cache.is_dir() and os.access(cache, os.R_OK | os.X_OK):
            yield Finding("shared cache", "ok", str(cache))
        else:
            advice = "Correct SEQZOO_SHARED_CACHES, or ask who looks after that folder."
            what = f"{cache}: no folder that can be read"
            yield Finding("shared cache", "warning", what, advice)
