"""What there is, by name; imports neither NumPy nor Keras."""

from __future__ import annotations

from pathlib import Path

import registry
from registry import Architecture, Release


def list_models() -> list[str]:
    """Names of all releases that `zoo.load` finds, sorted."""
    return sorted({location.name for location in registry.list_releases()})


def list_architectures() -> list[str]:
    """Names of all architectures that `zoo.create` finds, sorted; none is imported."""
    return sorted({architecture.name for architecture in registry.list_architectures()})


def info(name: str | Path) -> Release | Architecture:
    """The facts of a release, or where the architecture of that name is.

    Args:
        name: A release, the path of a release folder, or an architecture. A name
            that is both means the architecture's newest active release.

    Raises:
        UnknownNameError: It is neither; near names of both are suggested.
        ReleaseError: Its model.json is not as the schema says.
    """
    try:
        return registry.find(name)
    except registry.UnknownNameError:
        known = list_architectures()
        if name in known or ":" in str(name):
            return registry.find_architecture(str(name))
        raise registry.UnknownNameError(
            "release or architecture", str(name), [*list_models(), *known]
        ) from None
