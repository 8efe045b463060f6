"""Names of architectures and where their builders are.

A builder is named by a string "module:function" and its module is imported
only when a model of that name is built, so that listing is instant and one
broken plugin cannot break another name.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from types import NoneType
from typing import Any

from registry import plugins
from registry.errors import (
    ArgumentTypeError,
    DuplicateNameError,
    PluginError,
    UnknownNameError,
)
from registry.plain import plain
from registry.plugins import OWN
from registry.sources import list_releases

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
        problem: Why it cannot be built, as far as is known without importing it or
            from an import that failed before.
    """

    name: str
    target: str
    provider: str
    problem: str | None = None

    @property
    def description(self) -> str:
        """The first line of the builder's documentation; it is not imported."""
        if self.provider == SESSION and self.name in _session:
            text = inspect.getdoc(_session[self.name][1]) or ""
            return text.partition("\n")[0].strip()
        return plugins.first_line(self.target)


_failed: dict[str, str] = {}  # target -> why its import failed in this process
_session: dict[str, tuple[Architecture, Builder]] = {}


def register(name: str | None = None) -> Callable[[Builder], Builder]:
    """Registers a builder for this session, under its own name by default.

    Example:
        >>> @registry.register("my_net")
        ... def my_net(*, sequence_length=None, num_outputs=1): ...

    Raises:
        DuplicateNameError: Another builder of this session has that name.
            Running the same definition again (a notebook cell) is no conflict.
        ArgumentTypeError: It is no text, but the builder, say.
    """
    if not isinstance(name, (str, NoneType)):
        raise ArgumentTypeError(
            'Expected a name in parentheses, as in @zoo.register("my_net"), or none: '
            f"@zoo.register(). Received: {name!r} ({type(name).__name__})"
        )

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
    found = set()
    providers: dict[int, str] = {}
    for point in metadata.entry_points(group=GROUP):
        if id(point.dist) not in providers:  # each look at a name reads a file
            providers[id(point.dist)] = point.dist.name if point.dist else "?"
        provider = providers[id(point.dist)]
        problem = _problem(point.value, provider)
        found.add(Architecture(point.name, point.value, provider, problem))
    found.update(architecture for architecture, _ in _session.values())
    return sorted(found, key=lambda a: (a.name, a.provider))


def _problem(target: str, provider: str) -> str | None:
    if provider == OWN:
        return None  # ours are there, and listing is to be instant
    return (
        plugins.api_problem(provider)
        or _failed.get(target)
        or plugins.module_problem(target.partition(":")[0])
    )


def find_architecture(name: str, prefer: Sequence[str] = ()) -> Architecture:
    """Finds an architecture by `name`, or by "provider:name" where two share one.

    Args:
        name: The name.
        prefer: Providers whose architecture is meant if several have the name, the
            first first. A release means that of its own provider, or ours, so that
            no other package can change what it loads.

    Raises:
        UnknownNameError: There is none; near names are suggested.
        DuplicateNameError: Several providers have it; the error names them.
        ArgumentTypeError: It is no text.
    """
    if not isinstance(name, str):
        raise ArgumentTypeError(
            "Expected the name of an architecture, e.g. 'bpnet'. Received: "
            f"{name!r} ({type(name).__name__})"
        )
    known = list_architectures()
    provider, _, plain = name.rpartition(":")
    matches = [
        a for a in known if a.name == plain and (not provider or a.provider == provider)
    ]
    if not matches:
        raise _unknown(name, {a.name for a in known})
    for preferred in prefer:
        theirs = [a for a in matches if a.provider == preferred]
        if theirs:
            return theirs[0]
    if len(matches) > 1:
        spellings = " or ".join(repr(f"{a.provider}:{a.name}") for a in matches)
        raise DuplicateNameError(
            f"Several packages provide the architecture {name!r}. "
            f"Pick one: {spellings}."
        )
    return matches[0]


def _unknown(name: str, known: set[str]) -> UnknownNameError:
    hint = None
    if name.rpartition(":")[2] in {release.name for release in list_releases()}:
        hint = f"It is a release, with weights: zoo.load({name!r}) loads it."
    return UnknownNameError("architecture", name, known, hint=hint)


def builder(name: str, prefer: Sequence[str] = ()) -> Builder:
    """Imports and returns the builder of an architecture.

    Args:
        name: As in `find_architecture`.
        prefer: Likewise.

    Raises:
        UnknownNameError, DuplicateNameError: See `find_architecture`.
        PluginError: Its module cannot be imported, or has no such function.
    """
    architecture = find_architecture(name, prefer)
    if architecture.provider == SESSION:
        return _session[architecture.name][1]
    api_problem = plugins.api_problem(architecture.provider)
    if api_problem:
        raise PluginError(
            f"The architecture {name!r} of {architecture.provider} cannot be built: "
            f"{api_problem}. Install a version of {architecture.provider} that fits, "
            "or another seqzoo."
        )
    module_name, _, attribute = architecture.target.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    # A plugin's module may raise anything, SystemExit included, as it is imported.
    except (Exception, SystemExit) as error:
        _failed[architecture.target] = f"{type(error).__name__}: {error}"
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

    Numbers and arrays of NumPy become Python's own, of which a release can be written.

    Raises:
        UnknownNameError, DuplicateNameError, PluginError: See `builder`.
        TypeError, ValueError: The builder refuses an argument.
    """
    return builder(name)(**plain(config))
