"""What there is, by name; imports neither NumPy nor Keras."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection
from pathlib import Path

import registry
from registry import Architecture, Release, register
from registry.release import STATES
from zoo.errors import check_choice

__all__ = ["info", "list_architectures", "list_models", "register"]


def list_models(
    pattern: str = "*",
    *,
    architecture: str | None = None,
    task: str | None = None,
    tags: Collection[str] = (),
    min_length: int | None = None,
    pretrained: bool = True,
    licence: str | None = None,
    status: str | None = None,
) -> list[str]:
    """Names of models, sorted: of those that `zoo.load` finds, by default.

    Args:
        pattern: With shell wildcards, e.g. "rc_*".
        architecture: Only releases of it.
        task: Only releases for it, e.g. "binary".
        tags: Only releases that have all of these.
        min_length: Only releases that read sequences as short as this, in bp.
        pretrained: False gives the architectures, which `zoo.create` finds.
        licence: Only releases whose weights have it; wildcards allowed.
        status: "active", "superseded" or "yanked"; any by default.

    Raises:
        ValueError: Architectures are asked for by a fact that only releases have, or
            there is no such status.
        ReleaseError: A release that must be read for this is broken.
    """
    check_choice("status", status, (None, *STATES))
    facts = (architecture, task, min_length, licence, status)
    asked = bool(tags) or any(fact is not None for fact in facts)
    if not pretrained:
        if asked:
            raise ValueError(
                "pretrained=False lists architectures, which have a name only. "
                "Received: one of architecture, task, tags, min_length, licence, status"
            )
        return fnmatch.filter(list_architectures(), pattern)
    found = [
        location
        for location in registry.list_releases()
        if fnmatch.fnmatchcase(location.name, pattern)
    ]
    if asked:
        found = [
            location
            for location in found
            if fits(
                registry.read_location(location),
                architecture=architecture,
                task=task,
                tags=tags,
                min_length=min_length,
                licence=licence,
                status=status,
            )
        ]
    return sorted({location.name for location in found})


def fits(
    release: Release,
    *,
    architecture: str | None,
    task: str | None,
    tags: Collection[str],
    min_length: int | None,
    licence: str | None,
    status: str | None,
) -> bool:
    """Whether a release has all these facts; see `list_models`."""
    return (
        architecture in (None, release.architecture)
        and task in (None, release.task)
        and set(tags) <= set(release.tags)
        and (min_length is None or release.input.min_length <= min_length)
        and (licence is None or fnmatch.fnmatchcase(release.licence, licence))
        and status in (None, release.status.state)
    )


def list_architectures() -> list[str]:
    """Names of all architectures that `zoo.create` finds, sorted; none is imported."""
    return sorted({architecture.name for architecture in registry.list_architectures()})


def info(name: str | Path) -> Release | Architecture:
    """The facts of a release, or where the architecture of that name is.

    Args:
        name: A release, the path of a release folder, an address, or an
            architecture. A name that is both means the architecture's newest active
            release.

    Raises:
        UnknownNameError: It is neither; near names of both are suggested.
        ReleaseError: Its model.json is not as the schema says.
    """
    try:
        return registry.find(name)
    except registry.UnknownNameError as error:
        known = list_architectures()
        if name in known or ":" in str(name):
            return registry.find_architecture(str(name))
        raise registry.UnknownNameError(
            "release or architecture",
            str(name),
            [*list_models(), *known],
            hint=error.hint,
        ) from None
