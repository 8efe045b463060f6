"""seqzoo.lock: which bits a project's names mean.

    {"lock": 1, "releases": {"rc_dilated": {
        "release": "rc_dilated_v1", "provider": "seqzoo", "sha256": "..."}}}

The key is the name as the project writes it, the sha256 that of the release's
model.json, which holds the hashes of all its other files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from registry.errors import IntegrityError, ReleaseError, UnknownNameError
from registry.files import replaced, user_path
from registry.release import MAXIMUM_MODEL_FILE_BYTES, Release
from registry.releases import find
from registry.schema import from_json, parse_json

FILE = "seqzoo.lock"
_VERSION = 1


@dataclass(frozen=True)
class Locked:
    """What one name means.

    Attributes:
        release: The release's name.
        provider: Who brings it, as in `Release`: a distribution, a path or an
            address.
        sha256: Of its model.json.
    """

    release: str
    provider: str
    sha256: str


def read_lock(path: str | Path = FILE) -> dict[str, Locked]:
    """The names of a lock file and what each means.

    Raises:
        ReleaseError: It is missing, or not a lock file.
    """
    path = user_path(path)
    try:
        with path.open("rb") as file:
            content = parse_json(file.read(MAXIMUM_MODEL_FILE_BYTES), str(path))
    except OSError as error:
        raise ReleaseError(
            f"Expected a lock file at {path}: {error.strerror}. Write one with "
            "seqzoo lock NAME ..."
        ) from None
    releases = content.get("releases")
    if not isinstance(releases, dict) or content.get("lock") != _VERSION:
        raise ReleaseError(
            f'{path} is not a lock file: expected {{"lock": {_VERSION}, "releases": '
            f"{{...}}}}, received {content!r:.80}."
        )
    found = {}
    for name, entry in releases.items():
        if not isinstance(entry, dict):
            raise ReleaseError(
                f"{path}: {name}: expected an object, received {entry!r}"
            )
        found[name] = from_json(Locked, entry, f"{path}: {name}")
    return found


def write_lock(names: Iterable[str], path: str | Path = FILE) -> dict[str, Locked]:
    """Pins names, beside those that the file has already.

    Args:
        names: As `zoo.load` takes them.
        path: The lock file; it is replaced in one step.

    Returns:
        All that the file then holds.

    Raises:
        UnknownNameError: There is no such release.
    """
    path = user_path(path)
    locked = dict(read_lock(path)) if path.exists() else {}
    for name in names:
        release = find(name)
        locked[name] = Locked(release.name, release.provider, release.sha256)
    content = {
        "lock": _VERSION,
        "releases": {name: asdict(locked[name]) for name in sorted(locked)},
    }
    with replaced(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return locked


def find_locked(name: str, locked: Mapping[str, Locked]) -> Release:
    """The release that a lock file means by a name.

    Raises:
        UnknownNameError: The file does not pin the name.
        IntegrityError: What is found is not, bit by bit, what was pinned.
    """
    if name not in locked:
        raise UnknownNameError("name in the lock file", name, locked)
    pin = locked[name]
    # An address or a folder; see `find`.
    is_place = "/" in pin.provider or "\\" in pin.provider
    release = find(pin.provider if is_place else f"{pin.provider}:{pin.release}")
    if release.sha256 != pin.sha256:
        raise IntegrityError(
            f"{name!r} is not the release that was locked: expected {pin.release} with "
            f"sha256 {pin.sha256}, received {release.name} with {release.sha256}. "
            "Install what was locked, or lock it again with seqzoo lock."
        )
    return release
