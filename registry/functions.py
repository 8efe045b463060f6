"""Functions that packages bring, by name.

One is named by an entry point "module:function" and its module is imported only when
it is called for, so that listing is instant and one broken plugin cannot break another
name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, TypeVar

from registry import plugins
from registry.errors import (
    ArgumentTypeError,
    DuplicateNameError,
    PluginError,
    UnknownNameError,
)
from registry.plugins import OWN


@dataclass(frozen=True)
class NamedFunction:
    """One named function.

    Attributes:
        name: The name it is called by.
        target: Where it is, "module:function".
        provider: The distribution that brings it, or "session".
        problem: Why it cannot be called, as far as is known without importing it or
            from an import that failed before.
    """

    name: str
    target: str
    provider: str
    problem: str | None = None

    @property
    def description(self) -> str:
        """The first line of its documentation; it is not imported."""
        return plugins.first_line(self.target)


Named = TypeVar("Named", bound=NamedFunction)

_failed: dict[str, str] = {}  # target -> why its import failed in this process


def listed(
    group: str, made: Callable[[str, str, str, str | None], Named]
) -> set[Named]:
    """All functions of a group of entry points; imports none of them.

    Args:
        group: The entry points' group.
        made: Makes one of its name, target, provider and problem.
    """
    found = set()
    providers: dict[int, str] = {}
    for point in metadata.entry_points(group=group):
        if id(point.dist) not in providers:  # each look at a name reads a file
            providers[id(point.dist)] = point.dist.name if point.dist else "?"
        provider = providers[id(point.dist)]
        problem = _problem(point.value, provider)
        found.add(made(point.name, point.value, provider, problem))
    return found


def _problem(target: str, provider: str) -> str | None:
    if provider == OWN:
        return None  # ours are there, and listing is to be instant
    return (
        plugins.api_problem(provider)
        or _failed.get(target)
        or plugins.module_problem(target.partition(":")[0])
    )


def found_by_name(
    kind: str,
    name: str,
    known: Iterable[Named],
    *,
    prefer: Sequence[str] = (),
    example: str,
    hint: Callable[[], str | None] = lambda: None,
) -> Named:
    """Finds a function by `name`, or by "provider:name" where two share one.

    Args:
        kind: What it is, for errors: "architecture".
        name: The name.
        known: Those that there are.
        prefer: Providers whose function is meant if several have the name, the first
            first.
        example: A name, for errors.
        hint: What to do if there is none; near names are suggested by default.

    Raises:
        UnknownNameError: There is none.
        DuplicateNameError: Several providers have it; the error names them.
        ArgumentTypeError: It is no text.
    """
    article = "an" if kind[0] in "aeiou" else "a"
    if not isinstance(name, str):
        raise ArgumentTypeError(
            f"Expected the name of {article} {kind}, e.g. {example!r}. Received: "
            f"{name!r} ({type(name).__name__})"
        )
    known = list(known)
    provider, _, plain = name.rpartition(":")
    matches = [
        one
        for one in known
        if one.name == plain and (not provider or one.provider == provider)
    ]
    if not matches:
        raise UnknownNameError(kind, name, {one.name for one in known}, hint=hint())
    for preferred in prefer:
        theirs = [one for one in matches if one.provider == preferred]
        if theirs:
            return theirs[0]
    if len(matches) > 1:
        spellings = " or ".join(repr(f"{one.provider}:{one.name}") for one in matches)
        raise DuplicateNameError(
            f"Several packages provide the {kind} {name!r}. Pick one: {spellings}."
        )
    return matches[0]


def imported(kind: str, function: NamedFunction) -> Callable[..., Any]:
    """Imports a function.

    Args:
        kind: What it is, for errors: "architecture".
        function: As `listed` gives it.

    Raises:
        PluginError: Its module cannot be imported, or has no such function.
    """
    named = f"The {kind} {function.name!r} of {function.provider}"
    api_problem = plugins.api_problem(function.provider)
    if api_problem:
        raise PluginError(
            f"{named} cannot be used: {api_problem}. Install a version of "
            f"{function.provider} that fits, or another seqzoo."
        )
    module_name, _, attribute = function.target.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    # A plugin's module may raise anything, SystemExit included, as it is imported.
    except (Exception, SystemExit) as error:
        _failed[function.target] = f"{type(error).__name__}: {error}"
        raise PluginError(
            f"{named} cannot be imported from {function.target!r}: "
            f"{type(error).__name__}: {error}. Repair or uninstall that package; other "
            "names are not affected."
        ) from error
    if not callable(found):
        raise PluginError(
            f"{named} must be a function. Received: {function.target} = {found!r}."
        )
    return found
