"""JSON objects -> dataclasses, strictly: every key is known, present and typed."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import math
import types
import typing
import unicodedata
from collections import Counter
from collections.abc import Set
from typing import Any

from registry.errors import ReleaseError

MAXIMUM_NESTING = 16


def parse_json(raw: bytes, where: str) -> dict[str, Any]:
    """The object that a stranger's JSON file holds.

    Args:
        raw: The file's content.
        where: Named in errors.

    Raises:
        ReleaseError: It is no JSON, no object, has a key twice, control characters
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
    kind: type, content: dict[str, Any], where: str, without: Set[str] = frozenset()
) -> None:
    """Refuses unknown and missing keys, naming all of them at once.

    A field with a default may be left out.
    """
    fields = {f.name: f for f in dataclasses.fields(kind) if f.name not in without}
    required = {
        name
        for name, f in fields.items()
        if f.default is f.default_factory is dataclasses.MISSING
    }
    unknown = sorted(content.keys() - fields.keys())
    missing = sorted(required - content.keys())
    if unknown or missing:
        raise ReleaseError(
            f"{where}: expected the keys {', '.join(fields)}."
            + (f" Unknown: {_names(unknown, list(fields))}." if unknown else "")
            + (f" Missing: {', '.join(missing)}." if missing else "")
        )


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
            such, tuples of such, or unions with None.
        content: The object, as `json.loads` returns it.
        where: Named in errors; grows with the depth ("model.json: outputs[0]").
        **extra: Fields that do not come from JSON.

    Raises:
        ReleaseError: An unknown or missing key, or a value of another type.
    """
    check_keys(kind, content, where, without=set(extra))
    hints = _hints(kind)
    values = {
        key: _convert(hints[key], value, f"{where}: {key}")
        for key, value in content.items()
    }
    return kind(**values, **extra)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    """The annotations of a dataclass; evaluating them is slow, and releases many."""
    return typing.get_type_hints(kind)


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):  # the latter with a Literal
        if value is None and type(None) in arguments:
            return None
        (hint,) = (a for a in arguments if a is not type(None))
        return _convert(hint, value, where)
    if origin is typing.Literal:
        if any(type(value) is type(a) and value == a for a in arguments):
            return value
        choices = ", ".join(map(repr, arguments))
        raise ReleaseError(
            f"{where}: expected one of {choices}, received {value!r:.80}."
        )
    if origin is tuple and isinstance(value, list):
        return tuple(
            _convert(arguments[0], item, f"{where}[{i}]")
            for i, item in enumerate(value)
        )
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return from_json(typing.cast(type, hint), value, where)
    if origin is dict and isinstance(value, dict):
        return {k: _convert(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    if hint is Any:
        return value
    # bool is an int to Python, but not to a schema; an int is a fine float.
    exact = type(value) is hint or (hint is float and type(value) is int)
    if exact and not (isinstance(value, float) and not math.isfinite(value)):
        return value
    name = getattr(hint, "__name__", str(hint))
    raise ReleaseError(f"{where}: expected {name}, received {value!r:.80}.")


def is_plain(value: Any) -> bool:
    """Whether a value is numbers of 64 bits, texts and lists of them."""
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)  # JSON's 1e999 is infinite to Python
    if isinstance(value, int):
        return -(2**63) <= value < 2**63  # what backends compute with
    return not isinstance(value, dict)
