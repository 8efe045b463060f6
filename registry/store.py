"""The cache: files by their sha256, so that a name means the same bits forever.

    CACHE/files/ab/abcd...          a file, under its sha256
    CACHE/partial/abcd...           one that is being downloaded
    CACHE/releases/abcd.../         model.json (of that sha256) and the model card
    CACHE/addresses/....json        what an https:// or hf:// address meant at its
                                    first use, and means from then on
    CACHE/built/abcd...             a model.json (of that sha256) that was built once
    CACHE/locks/....lock

A file gets its name only when it is complete, checked and on disk. What is read
is checked again each time, as disks and other users change files.

SEQZOO_CACHE is the folder; SEQZOO_SHARED_CACHES lists more of them, which are only
read (the cluster's). With SEQZOO_OFFLINE=1 nothing is fetched.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from registry import download
from registry.errors import DownloadError, IntegrityError, ReleaseError, StoreError
from registry.files import publish, read_regular, user_path

READ_ONLY = 0o444  # a cached file is never written to
TRIES = 3  # of one mirror, each resuming where the last one ended

logger = logging.getLogger("zoo")


def folder() -> Path:
    """The cache that is written to."""
    chosen = os.environ.get("SEQZOO_CACHE")
    if chosen:
        return user_path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("seqzoo", appauthor=False))


def folders() -> list[Path]:
    """All caches that are read: ours, then the shared ones."""
    shared = os.environ.get("SEQZOO_SHARED_CACHES", "").split(os.pathsep)
    return [folder(), *(user_path(f) for f in shared if f)]


def offline() -> bool:
    """Whether the user forbids the network."""
    return os.environ.get("SEQZOO_OFFLINE", "").lower() not in ("", "0", "false", "no")


def file_path(cache: Path, sha256: str) -> Path:
    """Where a cache keeps a file."""
    return cache / "files" / sha256[:2] / sha256


def read(sha256: str, size: int, urls: Sequence[str], *, label: str) -> bytes:
    """The content of a file, from a cache or else from the first mirror that has it.

    Args:
        sha256: What the content must hash to; checked at every read.
        size: Its size in bytes.
        urls: Mirrors, tried in order.
        label: What it is, for messages.

    Raises:
        StoreError: It is in no cache, and the network is forbidden, the cache
            cannot be written, or the disk is full.
        DownloadError: No mirror gave it; nothing is left in the cache under its name.
    """
    found = _cached(sha256, size)
    if found is not None:
        return found
    if offline():
        raise StoreError(
            f"{label} is not in the cache {folder()}, and SEQZOO_OFFLINE forbids "
            "fetching it. Load it once online, or point SEQZOO_CACHE or "
            "SEQZOO_SHARED_CACHES to a cache that has it."
        )
    with writing(label), lock(sha256):
        found = _cached(sha256, size)  # another process may have been first
        if found is None:
            _download(sha256, size, urls, label)
            found = _cached(sha256, size)
    if found is None:
        raise StoreError(f"{label} vanished from the cache {folder()} immediately.")
    return found


def _cached(sha256: str, size: int) -> bytes | None:
    for cache in folders():
        path = file_path(cache, sha256)
        if not os.path.lexists(path):
            continue
        try:
            content = read_regular(path, size, "The cache")
        except ReleaseError as error:
            logger.warning("%s", error)
            continue
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
        logger.warning("%s is damaged and not used", path)
    return None


def _download(sha256: str, size: int, urls: Sequence[str], label: str) -> None:
    """Fetches a file into our cache, all or nothing."""
    if not urls:
        raise DownloadError(f"{label}: its release names no address to fetch it from.")
    cache = folder()
    partial = cache / "partial" / sha256
    partial.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(cache).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    reasons = []
    for url in urls:
        logger.info("fetching %s (%s bytes) from %s", label, f"{size:,}", url)
        for _ in range(TRIES):
            begun = partial.exists()
            try:
                _go_on(partial, url, size)
                _check(partial, sha256)
                target = file_path(cache, sha256)
                target.parent.mkdir(parents=True, exist_ok=True)
                publish(partial, target, mode=READ_ONLY)
                return
            except (IntegrityError, download.TransportError) as error:
                reasons.append(f"{url}: {error}")
                if isinstance(error, IntegrityError):
                    partial.unlink(missing_ok=True)
                    if begun:  # the part of an earlier try may have been wrong
                        continue
            except OSError:
                partial.unlink(missing_ok=True)  # the disk is full, or the like
                raise
            if not partial.exists():
                break
    raise DownloadError(
        f"{label} could not be fetched; nothing was changed. Received:\n  "
        + "\n  ".join(dict.fromkeys(reasons))
        + "\nTry again, or ask who published the release."
    )


def _go_on(partial: Path, url: str, size: int) -> None:
    """Adds to a partial file what is missing."""
    start = partial.stat().st_size if partial.exists() else 0
    if start == size:
        return
    if start > size:
        partial.unlink()
        start = 0
    with download.fetched(url, start=start) as answer:
        received = answer.start
        with partial.open("ab" if received else "wb") as file:
            for chunk in answer.chunks:
                received += len(chunk)
                if received > size:
                    break
                file.write(chunk)
    if received > size:
        raise IntegrityError(f"it has more than the declared {size:,} bytes")
    if received < size:
        raise download.TransportError(f"it ended after {received:,} of {size:,} bytes")


def _check(partial: Path, sha256: str) -> None:
    with partial.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise IntegrityError(f"expected sha256 {sha256}, received {digest}")


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """One process at a time; the system frees it when that process dies."""
    import filelock

    path = folder() / "locks" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = filelock.FileLock(path)
    try:
        waiting.acquire(timeout=5)
    except filelock.Timeout:
        logger.warning("waiting for another process that fetches the same file")
        waiting.acquire()
    try:
        yield
    finally:
        waiting.release()


@contextlib.contextmanager
def writing(label: str) -> Iterator[None]:
    """Turns what a file system can say no with into a StoreError."""
    try:
        yield
    except (DownloadError, StoreError):
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            advice = "Free space, or set SEQZOO_CACHE to a folder on another disk."
        else:
            advice = "Set SEQZOO_CACHE to a folder that you may write to."
        raise StoreError(
            f"{label} cannot be kept in the cache {folder()}: "
            f"{error.strerror or error}. {advice}"
        ) from error
