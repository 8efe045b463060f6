"""Sketches of training data: in a release's folder, or beside it.

Releases of schema 1 and 2 have none, and a released folder never changes. So a file
`sketches.json` beside the folders of installed releases may name some:

    {"name_v1": {"release": sha256 of its model.json, "file": "name_v1.sketch",
                 "bytes": ..., "sha256": ...}}
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from registry.errors import ReleaseError
from registry.files import read_regular
from registry.release import (
    MAXIMUM_MODEL_FILE_BYTES,
    Release,
    SketchFile,
    check_sketch,
    read_checked,
)
from registry.schema import from_json, parse_json
from registry.sources import places

SKETCHES_FILE = "sketches.json"


@dataclass(frozen=True)
class _Entry:
    """A sketch file, and the sha256 of the model.json of the release it is of."""

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
    entry = _entries(place).get(release.name)
    if entry is None or entry.release != release.sha256:
        return None
    return read_checked(place / entry.file, _file(entry), f"Release {release.name!r}")


def _entries(place: Path) -> dict[str, _Entry]:
    path = place / SKETCHES_FILE
    if not path.is_file():
        return {}
    raw = read_regular(path, MAXIMUM_MODEL_FILE_BYTES, f"The place {place}")
    found = {}
    for name, value in parse_json(raw, str(path)).items():
        where = f"{path}: {name}"
        if not isinstance(value, dict):
            raise ReleaseError(f"{where}: expected an object, received {value!r:.80}.")
        entry: _Entry = from_json(_Entry, value, where)
        check_sketch(_file(entry), where)
        found[name] = entry
    return found


def _file(entry: _Entry) -> SketchFile:
    return SketchFile(entry.file, entry.bytes, entry.sha256)


def entry(release: Release, file: SketchFile) -> dict[str, str | int]:
    """What `sketches.json` says of a release's sketch."""
    return {"release": release.sha256, **dataclasses.asdict(file)}
