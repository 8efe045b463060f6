"""JSON objects -> dataclasses, strictly: every key is known, present and typed."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import functools
import inspect
import json
import math
import types
import typing
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from typing import Any

from registry.errors import ReleaseError

MAXIMUM_NESTING = 16
_LISTS = (tuple, Sequence, Collection)
_TABLES = (dict, Mapping)


def parse_json(raw: bytes, where: str) -> dict[str, Any]:
    """The object that a stranger's JSON file holds.

    Args:
        raw: The file's content.
        where: Named in errors.

    Raises:
        ReleaseError: It is not JSON, not an object, has a key twice, control characters
            in a text, or nests deeper than anything that is meant to be read.
    """
    try:
        content = json.loads(raw.decode("utf-8"), object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{where} is not valid JSON: {error}") from error
    # Before anything else walks it, error messages included.
    level, depth = [content], 0
    while level:
        depth += 1
        if depth > MAXIMUM_NESTING:
            raise ReleaseError(
                f"{where}: expected at most {MAXIMUM_NESTING} levels of nesting."
            )
        level = [inner for value in level for inner in _inner(value, where)]
    if not isinstance(content, dict):
        raise ReleaseError(f"{where}: expected an object, received {content!r:.80}.")
    return content


def _inner(value: Any, where: str) -> list[Any]:
    if isinstance(value, str) and not (value.isprintable() or _is_text(value)):
        raise ReleaseError(
            f"{where}: expected text without control characters, received "
            f"{value!a:.80}."
        )
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _is_text(value: str) -> bool:
    """Whether it can be printed: a terminal obeys control characters."""
    return not any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"
        for character in value
    )


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = sorted(key for key, count in counts.items() if count > 1)
        raise ValueError(f"keys given twice: {', '.join(map(ascii, twice))}")
    return found


def check_keys(
    kind: Callable[..., Any] | Sequence[Callable[..., Any]],
    content: Mapping[str, Any],
    where: str,
    without: Set[str] = frozenset(),
) -> None:
    """Refuses unknown and missing keys, naming all of them at once.

    Args:
        kind: A dataclass or a function, or several: the keys are the names of their
            fields and arguments; those with a default may be left out.
        content: What has the keys.
        where: Named in errors.
        without: Names that are no keys.

    Raises:
        ReleaseError: A key is unknown or missing.
    """
    known = {n: p for n, (_, p) in _parameters(kind).items() if n not in without}
    required = {n for n, p in known.items() if p.default is inspect.Parameter.empty}
    unknown = sorted(content.keys() - known.keys())
    missing = sorted(required - content.keys())
    if unknown or missing:
        raise ReleaseError(
            f"{where}: expected the keys {', '.join(known)}."
            + (f" Unknown: {_names(unknown, list(known))}." if unknown else "")
            + (f" Missing: {', '.join(missing)}." if missing else "")
        )


def _parameters(
    kind: Callable[..., Any] | Sequence[Callable[..., Any]],
) -> dict[str, tuple[Callable[..., Any], inspect.Parameter]]:
    """The arguments by name, each with its function: the first that has it."""
    found: dict[str, tuple[Callable[..., Any], inspect.Parameter]] = {}
    for one in kind if isinstance(kind, Sequence) else (kind,):
        for name, parameter in _signature(one).parameters.items():
            found.setdefault(name, (one, parameter))
    return found


@functools.cache
def _signature(kind: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(kind)


def _names(keys: list[str], known: list[str]) -> str:
    """A stranger's keys, for an error: few and short, each with the nearest known."""
    named = []
    for key in (key[:40] for key in keys[:10]):
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        named.append(f"{key} (did you mean {near[0]}?)" if near else key)
    return ", ".join(named)


def from_json(kind: type, content: dict[str, Any], where: str, **extra: Any) -> Any:
    """Builds the dataclass `kind` from a JSON object.

    Args:
        kind: A dataclass whose annotations are JSON types, literals, dataclasses of
            such, tuples of such, or unions of them.
        content: The object, as `json.loads` returns it.
        where: Named in errors; grows with the depth ("model.json: outputs[0]").
        **extra: Fields that do not come from JSON.

    Raises:
        ReleaseError: An unknown or missing key, or a value of another type.
    """
    return kind(**arguments(kind, content, where, without=set(extra)), **extra)


def arguments(
    kind: Callable[..., Any] | Sequence[Callable[..., Any]],
    content: Mapping[str, Any],
    where: str,
    without: Set[str] = frozenset(),
) -> dict[str, Any]:
    """The values of a JSON object in the types that a function's arguments have.

    Of an argument that takes objects of Python as well (a stream, a function), JSON
    can only say the rest.

    Args:
        kind: As in `check_keys`; annotated.
        content: The object.
        where: Named in errors.
        without: Names that are no keys.

    Raises:
        ReleaseError: An unknown or missing key, or a value of another type.
    """
    check_keys(kind, content, where, without)
    known = _parameters(kind)
    return {
        key: convert(_hints(known[key][0])[key], value, f"{where}: {key}")
        for key, value in content.items()
    }


def mentions(kind: Callable[..., Any], name: str, wanted: type) -> bool:
    """Whether the annotation of an argument has a type in it, such as a path's."""
    hints = [_hints(kind)[name]]
    for hint in hints:  # grows
        if hint is wanted or typing.get_origin(hint) is wanted:
            return True
        hints += typing.get_args(hint)
    return False


@functools.cache
def _hints(kind: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of arguments; evaluating them is slow, and releases many."""
    own = isinstance(kind, type) and not dataclasses.is_dataclass(kind)
    return typing.get_type_hints(kind.__init__ if own else kind)


def convert(hint: Any, value: Any, where: str) -> Any:
    """A value of JSON in the type that an annotation says.

    Raises:
        ReleaseError: It has another.
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):  # the latter with a Literal
        if value is None and type(None) in inner:
            return None
        known = [a for a in inner if a is not type(None) and _name(a)]
        if len(known) == 1:
            return convert(known[0], value, where)
        for alternative in known:
            with contextlib.suppress(ReleaseError):
                return convert(alternative, value, where)
        names = " or ".join(filter(None, map(_name, known)))
        raise ReleaseError(f"{where}: expected {names}, received {value!r:.80}.")
    if origin is typing.Literal:
        if any(type(value) is type(a) and value == a for a in inner):
            return value
        raise ReleaseError(f"{where}: expected {_name(hint)}, received {value!r:.80}.")
    if origin in _LISTS and isinstance(value, list):
        return tuple(
            convert(inner[0], item, f"{where}[{i}]") for i, item in enumerate(value)
        )
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return from_json(typing.cast(type, hint), value, where)
    if origin in _TABLES and isinstance(value, dict):
        return {k: convert(inner[1], v, f"{where}.{k}") for k, v in value.items()}
    if hint is Any:
        return value
    # bool is an int to Python, but not to a schema; an int is a fine float.
    exact = type(value) is hint or (hint is float and type(value) is int)
    if exact and not (isinstance(value, float) and not math.isfinite(value)):
        return value
    name = _name(hint) or getattr(hint, "__name__", str(hint))
    raise ReleaseError(f"{where}: expected {name}, received {value!r:.80}.")


def _name(hint: Any) -> str | None:
    """What an error calls the type; None for one that JSON cannot write."""
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return f"one of {', '.join(map(repr, typing.get_args(hint)))}"
    if origin in _LISTS:
        return "a list"
    if origin in _TABLES or dataclasses.is_dataclass(hint):
        return "a table"
    if hint is Any:
        return "a value"
    return hint.__name__ if hint in (str, int, float, bool) else None


def is_plain(value: Any) -> bool:
    """Whether a value is numbers of 64 bits, texts and lists of them."""
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)  # JSON's 1e999 is infinite to Python
    if isinstance(value, int):
        return -(2**63) <= value < 2**63  # what backends compute with
    return not isinstance(value, dict)
