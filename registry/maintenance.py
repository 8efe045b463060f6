"""Looking after the cache: what is in it, whether it is sound, what can go."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from registry import sources, store
from registry.errors import ReleaseError
from registry.files import remove_unfinished
from registry.reading import read_release
from registry.release import MODEL_FILE, Release


@dataclass(frozen=True)
class CachedRelease:
    """A release that was fetched from an address.

    Attributes:
        name: Its name.
        sha256: Of its model.json.
        addresses: The addresses that mean it on this machine.
        files: How many of its files are in the cache.
        declared: How many files it has.
        bytes: Of those in the cache.
    """

    name: str
    sha256: str
    addresses: tuple[str, ...]
    files: int
    declared: int
    bytes: int


def releases() -> list[CachedRelease]:
    """All releases in our own cache, by name."""
    cache = store.folder()
    addresses: dict[str, list[str]] = {}
    for path in sorted((cache / "addresses").glob("*.json")):
        try:
            pin = json.loads(path.read_bytes())
            addresses.setdefault(pin["sha256"], []).append(pin["address"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    found = []
    for release in _cached_releases(cache):
        paths = (store.file_path(cache, file.sha256) for file in release.files)
        sizes = [path.stat().st_size for path in paths if path.is_file()]
        found.append(
            CachedRelease(
                release.name,
                release.sha256,
                tuple(addresses.get(release.sha256, [])),
                len(sizes),
                len(release.files),
                sum(sizes),
            )
        )
    return sorted(found, key=lambda each: (each.name, each.sha256))


def _cached_releases(cache: Path) -> Iterator[Release]:
    for folder in sorted((cache / "releases").glob("[0-9a-f]*")):
        try:
            yield read_release(folder)
        except ReleaseError:
            continue


def damaged() -> list[Path]:
    """Files of our cache whose content is not what their name says; reads them all."""
    cache = store.folder()
    files = {path: path.name for path in sorted((cache / "files").glob("??/*"))}
    models = sorted((cache / "releases").glob(f"[0-9a-f]*/{MODEL_FILE}"))
    files |= {path: path.parent.name for path in models}
    return [path for path, sha256 in files.items() if _sha256(path) != sha256]


def _sha256(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prune(*, everything: bool = False) -> int:
    """Removes what no release needs: interrupted downloads and files without one.

    Args:
        everything: Removes the whole content of the cache.

    Returns:
        The bytes freed.
    """
    cache = store.folder()
    before = _size(cache)
    with store.writing("The pruned state"):
        if everything:
            for part in ("files", "partial", "releases", "addresses", "built"):
                if (cache / part).exists():
                    shutil.rmtree(cache / part)
        else:
            needed = _needed(cache)
            leftovers = [
                *(f for f in (cache / "files").glob("??/*") if f.name not in needed),
                *(cache / "partial").glob("*"),
            ]
            for path in leftovers:
                # A download that goes on at this moment keeps its part.
                with store.lock(path.name):
                    path.unlink(missing_ok=True)
            for part in ("releases", "addresses"):
                remove_unfinished(cache / part)
    return before - _size(cache)


def _needed(cache: Path) -> set[str]:
    """Hashes of the files of all releases, cached and installed."""
    known = list(_cached_releases(cache))
    for location in sources.list_releases():
        try:
            known.append(read_release(location.folder))
        except ReleaseError:
            continue
    return {file.sha256 for release in known for file in release.files}


def _size(cache: Path) -> int:
    return sum(f.lstat().st_size for f in cache.rglob("*") if not f.is_dir())
