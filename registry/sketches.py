"""Sketches of training data: in a release's folder, or beside it.

Releases of schema 1 and 2 have none, and a released folder never changes. So a file
`sketches.json` beside the folders of installed releases may name some:

    {"name_v1": {"release": sha256 of its model.json, "file": "name_v1.sketch",
                 "bytes": ..., "sha256": ...}}
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from registry.files import read_checked
from registry.release import Release, SketchFile, check_sketch
from registry.sources import by_release, places

SKETCHES_FILE = "sketches.json"


@dataclass(frozen=True)
class _Entry:
    """A sketch file, and the sha256 of the model.json of its release."""

    release: str
    file: str
    bytes: int
    sha256: str


def read_sketch(release: Release) -> bytes | None:
    """The content of a release's sketch, its hash checked; None if it has none.

    Raises:
        ReleaseError: The file is missing, or what names it is not as the schema says.
        IntegrityError: The size or the sha256 is another.
    """
    if release.sketch is not None:
        return release.read(release.sketch)
    place = release.folder.parent
    if place.resolve() not in {folder.resolve() for _, folder in places()}:
        return None  # beside a folder from anywhere may lie anything
    entry = by_release(place, SKETCHES_FILE, _Entry, _check).get(release.name)
    if entry is None or entry.release != release.sha256:
        return None
    return read_checked(place / entry.file, _file(entry), f"Release {release.name!r}")


def _check(entry: _Entry, where: str) -> None:
    check_sketch(_file(entry), where)


def _file(entry: _Entry) -> SketchFile:
    return SketchFile(entry.file, entry.bytes, entry.sha256)


def entry(release: Release, file: SketchFile) -> dict[str, str | int]:
    """What `sketches.json` says of a release's sketch."""
    return {"release": release.sha256, **dataclasses.asdict(file)}
