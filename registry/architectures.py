"""Names of architectures and where their builders are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

from registry.errors import ArgumentTypeError, DuplicateNameError
from registry.functions import NamedFunction, found_by_name, imported, listed
from registry.plain import plain
from registry.plugins import OWN as OWN
from registry.sources import list_releases

GROUP = "seqzoo.architectures"
SESSION = "session"

Builder = Callable[..., Any]


@dataclass(frozen=True)
class Architecture(NamedFunction):
    """One named architecture, by the function that builds it."""

    @property
    def description(self) -> str:
        """The first line of the builder's documentation; it is not imported."""
        if self.provider == SESSION and self.name in _session:
            text = inspect.getdoc(_session[self.name][1]) or ""
            return text.partition("\n")[0].strip()
        return super().description


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
    found = listed(GROUP, Architecture)
    found.update(architecture for architecture, _ in _session.values())
    return sorted(found, key=lambda a: (a.name, a.provider))


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

    def hint() -> str | None:
        if name.rpartition(":")[2] in {release.name for release in list_releases()}:
            return f"It is a release, with weights: zoo.load({name!r}) loads it."
        return None

    return found_by_name(
        "architecture",
        name,
        list_architectures(),
        prefer=prefer,
        example="bpnet",
        hint=hint,
    )


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
    return imported("architecture", architecture)


def create(name: str, /, **config: Any) -> Any:
    """Builds a new, untrained model: the builder of `name` called with `config`.

    Numbers and arrays of NumPy become Python's own, of which a release can be written.

    Raises:
        UnknownNameError, DuplicateNameError, PluginError: See `builder`.
        TypeError, ValueError: The builder refuses an argument.
    """
    return builder(name)(**plain(config))
