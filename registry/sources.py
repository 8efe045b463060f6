"""Where installed releases lie: our own folder, and those that plugins bring.

A plugin declares a package whose folders are releases:

    [project.entry-points."seqzoo.releases"]
    my_pkg = "my_pkg.releases"

The package is found, not imported: listing runs nothing of a plugin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from registry.errors import ReleaseError
from registry.files import read_regular
from registry.plugins import OWN, spec_of
from registry.release import (
    MAXIMUM_MODEL_FILE_BYTES,
    MODEL_FILE,
    Status,
    check_status,
)
from registry.schema import from_json, parse_json

GROUP = "seqzoo.releases"
STATUS_FILE = "status.json"
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Location:
    """One installed release that has not been read yet.

    Attributes:
        name: The name it is loaded by, which is that of its folder.
        folder: The folder.
        provider: The distribution that brings it.
    """

    name: str
    folder: Path
    provider: str


def list_releases() -> list[Location]:
    """All installed releases, sorted by name; reads none, imports nothing."""
    found = [
        Location(folder.name, folder, provider)
        for provider, place in places()
        if place.is_dir()
        for folder in place.iterdir()
        # A hidden one is being written, and gets its name when it is whole.
        if not folder.name.startswith(".") and (folder / MODEL_FILE).is_file()
    ]
    return sorted(found, key=lambda location: (location.name, location.provider))


def places() -> list[tuple[str, Path]]:
    """(provider, folder of release folders) of seqzoo and of each plugin.

    A plugin whose folder cannot be found is left out here; `seqzoo doctor`
    names it.
    """
    found = [(OWN, shipped_folder())]
    for point in metadata.entry_points(group=GROUP):
        folder = package_folder(point.value)
        if folder is not None:
            found.append((point.dist.name if point.dist else point.name, folder))
    return found


def shipped_folder() -> Path:
    """Our own: `zoo/pretrained` of an installed package, else that of a checkout."""
    top = Path(__file__).resolve().parent.parent
    installed = top / "zoo" / "pretrained"
    return installed if installed.is_dir() else top / "pretrained"


def package_folder(package: str) -> Path | None:
    """The folder of an importable package, without importing it or a parent."""
    try:
        spec = spec_of(package)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def statuses(place: Path) -> dict[str, Status]:
    """What became of the releases of one place after they were released.

    A released folder never changes, so the file `status.json` beside the folders
    says which are superseded or yanked: {"name_v1": {"state": ..., "superseded_by":
    ..., "reason": ...}}.

    Raises:
        ReleaseError: The file is not as that says.
    """
    return by_release(place, STATUS_FILE, Status, check_status)


def by_release(
    place: Path, file: str, kind: type[Entry], check: Callable[[Entry, str], None]
) -> dict[str, Entry]:
    """What a file beside released folders says of each of them, by name.

    Args:
        place: Where the folders are.
        file: JSON, an object of objects; none is none.
        kind: The dataclass of the inner ones.
        check: Called with each and where it stands; raises what types cannot say.

    Raises:
        ReleaseError: The file is not as that says.
    """
    path = place / file
    if not path.is_file():
        return {}
    raw = read_regular(path, MAXIMUM_MODEL_FILE_BYTES, f"The place {place}")
    found = {}
    for name, value in parse_json(raw, str(path)).items():
        where = f"{path}: {name}"
        if not isinstance(value, dict):
            raise ReleaseError(f"{where}: expected an object, received {value!r:.80}.")
        entry: Entry = from_json(kind, value, where)
        check(entry, where)
        found[name] = entry
    return found
