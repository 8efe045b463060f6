"""Finds a release by its name, its architecture, its path or its address."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from registry import sources
from registry.errors import DuplicateNameError, ReleaseError, UnknownNameError
from registry.reading import read_release
from registry.release import MODEL_FILE, Release
from registry.sources import Location

REMOTE = ("https://", "http://", "hf://")


def find(name: str | Path) -> Release:
    """Finds a release.

    Args:
        name: `rc_dilated_v1` is that very release; `rc_dilated` the newest active
            one of that name; `my_pkg:net_v1` the one that the distribution my_pkg
            brings, where two bring that name; a text with a path separator is a
            folder; `https://...` and `hf://owner/name@revision` are fetched.

    Raises:
        UnknownNameError: There is none; near names are suggested, and a folder here.
        DuplicateNameError: Several distributions bring one of that name.
        ReleaseError: Its model.json is not as the schema says, or no name.
    """
    if isinstance(name, str) and name.startswith(REMOTE):
        from registry.remote import fetch

        return fetch(name)
    if not isinstance(name, (str, Path)):
        raise ReleaseError(
            "Expected the name, folder or address of a release. Received: "
            f"{name!r:.60} ({type(name).__name__})"
        )
    if isinstance(name, Path) or "/" in name or "\\" in name:
        return read_release(name)
    known = sources.list_releases()
    provider, _, plain = name.rpartition(":")
    mine = [x for x in known if not provider or x.provider == provider]
    exact = [x for x in mine if x.name == plain]
    if exact:
        return read_location(_only(exact, plain))
    versions = [read_location(x) for x in mine if x.name.rpartition("_v")[0] == plain]
    active = [release for release in versions if release.status.state == "active"]
    if not active:
        raise _unknown(name, {x.name for x in known})
    newest = max(release.version for release in active)
    locations = [x for x in mine if x.name == f"{plain}_v{newest}"]
    return read_location(_only(locations, plain))


def _unknown(name: str, known: set[str]) -> UnknownNameError:
    from registry.architectures import list_architectures

    provider, _, plain = name.rpartition(":")
    for architecture in list_architectures():
        if plain == architecture.name and provider in ("", architecture.provider):
            return UnknownNameError(
                "release",
                name,
                known,
                hint=f"It is an architecture without weights: zoo.create({name!r}) "
                f"builds it, to be trained. Releases: {', '.join(sorted(known))}.",
            )
    hint = None
    if Path(name, MODEL_FILE).is_file():
        hint = f"There is a folder of that name here: './{name}'."
    elif Path(name).is_file():
        hint = (
            "There is a file of that name here, and a release is a folder: "
            "keras.saving.load_model reads a .keras file, zoo.save releases the model."
        )
    return UnknownNameError("release", name, known, hint=hint)


def _only(found: list[Location], name: str) -> Location:
    if len(found) > 1:
        spellings = " or ".join(repr(f"{x.provider}:{x.name}") for x in found)
        raise DuplicateNameError(
            f"Several packages provide the release {name!r}. Pick one: {spellings}."
        )
    return found[0]


def read_location(location: Location) -> Release:
    """Reads an installed release and what became of it since.

    Raises:
        ReleaseError: Its model.json, or the status file beside the folder, is not
            as the schema says, or the folder has another name than the release.
    """
    release = read_release(location.folder, provider=location.provider)
    if release.name != location.name:
        raise ReleaseError(
            f"The folder {location.folder} holds a release of another name: "
            f"expected {location.name!r}, received {release.name!r}."
        )
    status = sources.statuses(location.folder.parent).get(release.name)
    return release if status is None else dataclasses.replace(release, status=status)
