"""The keys of [data] and [data.split] that are keywords of the functions they name.

Which there are, of what type and with which default is read from the signatures of
`zoo.data.from_table` and its relatives, and written nowhere else.
"""

from __future__ import annotations

import inspect
import os
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from registry.schema import arguments, convert, mentions
from zoo import data, splits
from zoo.training.configuration.config import Data, Split

# By the value of the key that chooses: the function, and what else takes its keys.
READERS: dict[str, tuple[Callable[..., Any], ...]] = {
    "table": (data.from_table,),
    "fasta": (data.from_fasta,),
    "intervals": (data.from_intervals, data.Genome),
}
SPLITTERS: dict[str, tuple[Callable[..., Any], ...]] = {
    "column": (splits.split_by_column,),
    "chromosome": (splits.split_by_chromosome,),
    "homology": (splits.split_by_homology,),
    "random": (splits.split_at_random,),
}
# What the run gives by itself.
_GIVEN = frozenset(
    {"intervals", "examples", "seed", "groups", "max_shift", "pairing", "keywords"}
)


def with_keywords(
    kind: type,
    choice: str,
    functions: Mapping[str, tuple[Callable[..., Any], ...]],
    content: Any,
    where: str,
    **parsed: Any,
) -> Any:
    """Builds a dataclass whose table has keywords of a function, too.

    Args:
        kind: The dataclass; what are no fields of it go into its `keywords`, where
            those that are not given have their defaults.
        choice: The key that names the function.
        functions: By the values of that key; `READERS` or `SPLITTERS`.
        content: The table, as it was read.
        where: Named in errors.
        **parsed: Fields that are known already.

    Raises:
        ReleaseError: An unknown or missing key, or a value of another type.
    """
    content = convert(dict[str, Any], content, where)
    fields = typing.get_type_hints(kind)
    chosen = convert(fields[choice], content.get(choice), f"{where}: {choice}")
    used = functions[chosen]
    found = arguments((kind, *used), content, where, without=_GIVEN | parsed.keys())
    own = {name: found.pop(name) for name in fields.keys() & found.keys()}
    defaults = {
        name: parameter.default
        for name, parameter in keys(used).items()
        if name not in fields and parameter.default is not inspect.Parameter.empty
    }
    return kind(**parsed, **own, keywords=defaults | found)


def chosen(found: Data | Split) -> dict[str, Any]:
    """The keywords of a table that are not the defaults of its functions."""
    used = READERS[found.format] if isinstance(found, Data) else SPLITTERS[found.by]
    own = keys(used)
    return {n: v for n, v in found.keywords.items() if v != own[n].default}


def keys(functions: Iterable[Callable[..., Any]]) -> dict[str, inspect.Parameter]:
    """What a table takes for these functions: their arguments but what the run gives.

    Args:
        functions: Of `READERS` or `SPLITTERS`; the first that has a name counts.
    """
    found: dict[str, inspect.Parameter] = {}
    for function in functions:
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in _GIVEN:
                found.setdefault(name, parameter)
    return found


def takes(function: Callable[..., Any], name: str) -> bool:
    """Whether a function has an argument of that name."""
    return name in inspect.signature(function).parameters


def with_paths(found: Data, place: Callable[[str], Any]) -> dict[str, Any]:
    """The keywords of [data], with paths put where they are.

    Args:
        found: The table.
        place: From a path of the configuration to one from where we are.
    """

    def put(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: put(path) for name, path in value.items()}
        if isinstance(value, (list, tuple)):
            return [put(path) for path in value]
        return None if value is None else place(value)

    paths = {
        name
        for name in found.keywords
        for function in READERS[found.format]
        if takes(function, name) and mentions(function, name, os.PathLike)
    }
    return {n: put(v) if n in paths else v for n, v in found.keywords.items()}
