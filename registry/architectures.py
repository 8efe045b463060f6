"""Names of architectures and where their builders are.

A builder is named by a string "module:function" and its module is imported
only when a model of that name is built, so that listing is instant and one
broken plugin cannot break another name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from registry.errors import DuplicateNameError, PluginError, UnknownNameError

GROUP = "seqzoo.architectures"
SESSION = "session"

Builder = Callable[..., Any]


@dataclass(frozen=True)
class Architecture:
    """One named architecture.

    Attributes:
        name: The name it is created by.
        target: Where its builder is, "module:function".
        provider: The distribution that brings it, or "session".
    """

    name: str
    target: str
    provider: str


_session: dict[str, tuple[Architecture, Builder]] = {}


def register(name: str | None = None) -> Callable[[Builder], Builder]:
    """Registers a builder for this session, under its own name by default.

    Example:
        >>> @registry.register("my_net")
        ... def my_net(*, sequence_length=None, num_outputs=1): ...

    Raises:
        DuplicateNameError: Another builder of this session has that name.
            Running the same definition again (a notebook cell) is no conflict.
    """

    def decorate(builder: Builder) -> Builder:
        key = name or builder.__name__
        target = f"{builder.__module__}:{builder.__qualname__}"
        known = _session.get(key)
        if known is not None and known[0].target != target:
            raise DuplicateNameError(
                f"The name {key!r} is taken in this session by {known[0].target}. "
                f"Received: {target}. Register one of them under another name."
            )
        _session[key] = (Architecture(key, target, SESSION), builder)
        return builder

    return decorate


def list_architectures() -> list[Architecture]:
    """All known architectures, sorted by name; imports none of them."""
    found = {
        Architecture(point.name, point.value, point.dist.name if point.dist else "?")
        for point in metadata.entry_points(group=GROUP)
    }
    found.update(architecture for architecture, _ in _session.values())
    return sorted(found, key=lambda a: (a.name, a.provider))


def find_architecture(name: str) -> Architecture:
    """Finds an architecture by `name`, or by "provider:name" where two share one.

    Raises:
        UnknownNameError: There is none; near names are suggested.
        DuplicateNameError: Several providers have it; the error names them.
    """
    known = list_architectures()
    provider, _, plain = name.rpartition(":")
    matches = [
        a for a in known if a.name == plain and (not provider or a.provider == provider)
    ]
    if not matches:
        raise UnknownNameError("architecture", name, {a.name for a in known})
    if len(matches) > 1:
        spellings = " or ".join(repr(f"{a.provider}:{a.name}") for a in matches)
        raise DuplicateNameError(
            f"Several packages provide the architecture {name!r}. "
            f"Pick one: {spellings}."
        )
    return matches[0]


def builder(name: str) -> Builder:
    """Imports and returns the builder of an architecture.

    Raises:
        UnknownNameError, DuplicateNameError: See `find_architecture`.
        PluginError: Its module cannot be imported, or has no such function.
    """
    architecture = find_architecture(name)
    if architecture.provider == SESSION:
        return _session[architecture.name][1]
    module_name, _, attribute = architecture.target.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    # A plugin's module may raise anything, SystemExit included, as it is imported.
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"The architecture {name!r} of {architecture.provider} cannot be imported "
            f"from {architecture.target!r}: {type(error).__name__}: {error}. "
            "Repair or uninstall that package; other names are not affected."
        ) from error
    if not callable(found):
        raise PluginError(
            f"The architecture {name!r} of {architecture.provider} must be a function. "
            f"Received: {architecture.target} = {found!r}."
        )
    return found


def create(name: str, /, **config: Any) -> Any:
    """Builds a new, untrained model: the builder of `name` called with `config`.

    Raises:
        UnknownNameError, DuplicateNameError, PluginError: See `builder`.
        TypeError, ValueError: The builder refuses an argument.
    """
    return builder(name)(**config)
