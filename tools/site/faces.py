"""The public names of seqzoo, read from its source without running it.

A room's public names are those of its `__init__.pyi`, or of `__all__`; those of a
module such as `zoo.dna` are all that do not begin with an underscore.
"""

from __future__ import annotations

import ast
import functools
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[2]
#: In the order of the sidebar; of each, what is inside comes behind it.
ROOMS = (
    "zoo",
    "zoo.dna",
    "zoo.samples",
    "zoo.data",
    "zoo.splits",
    "zoo.layers",
    "zoo.losses",
    "zoo.metrics",
    "zoo.architectures",
    "zoo.models",
    "zoo.inspection",
    "zoo.prediction",
    "zoo.interpretation",
    "zoo.training",
    "zoo.publishing",
    "zoo.foreign",
    "zoo.practice",
    "zoo.doctor",
    "zoo.errors",
    "registry",
)


class Name(NamedTuple):
    """What a public name stands for: the name in the file that defines it."""

    module: str  # "zoo.layers.one_hot"
    own: str  # "OneHot", or "" for the module itself
    node: ast.AST

    @property
    def kind(self) -> str:
        if isinstance(self.node, ast.Module):
            return "module"
        if isinstance(self.node, ast.ClassDef):
            return "class"
        return "function" if isinstance(self.node, ast.FunctionDef) else "data"


def path(module: str) -> Path | None:
    """Its file, or None if there is no such module."""
    base = TOP.joinpath(*module.split("."))
    found = (base / "__init__.py", base.with_suffix(".py"))
    return next((each for each in found if each.is_file()), None)


@functools.cache
def tree(module: str) -> ast.Module:
    file = path(module)
    if file is None:
        raise FileNotFoundError(module)
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def defined(module: str) -> dict[str, ast.AST]:
    """What a file defines at its top, by name."""
    found: dict[str, ast.AST] = {}
    for node in tree(module).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


@functools.cache
def imported(module: str) -> dict[str, str]:
    """What a file or its stub imports from elsewhere: name -> full name."""
    file = path(module)
    assert file is not None, module
    nodes = list(ast.walk(tree(module)))
    stub = file.with_suffix(".pyi")
    if stub.exists():
        nodes += ast.walk(ast.parse(stub.read_text(encoding="utf-8")))
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            package = ".".join(filter(None, (module * bool(node.level), node.module)))
            for alias in node.names:
                found[alias.asname or alias.name] = f"{package}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
    return found


def resolve(full: str) -> Name | None:
    """What a full name stands for; None where it is not ours."""
    if path(full) is not None:
        package, _, own = full.rpartition(".")
        # A function of the name of its package's module is what the package gives.
        if package and imported(package).get(own, full) != full:
            return resolve(imported(package)[own])
        return Name(full, "", tree(full))
    module, _, own = full.rpartition(".")
    if not module or path(module) is None:
        return None
    if own in defined(module):
        return Name(module, own, defined(module)[own])
    further = imported(module).get(own)
    return resolve(further) if further not in (None, full) else None


def public(module: str) -> list[str]:
    """The public names of a room or module, in alphabetical order."""
    file = path(module)
    assert file is not None, module
    stub = file.with_suffix(".pyi")
    names = defined(module)
    if stub.exists():
        found: list[str] = []
        for node in ast.parse(stub.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom):
                found += [alias.asname or alias.name for alias in node.names]
    elif isinstance(listed := names.get("__all__"), ast.Assign):
        found = ast.literal_eval(listed.value)
        for node in tree(module).body:  # `import module as module` says so, too
            if isinstance(node, ast.ImportFrom):
                found += [each.name for each in node.names if each.asname == each.name]
    else:
        found = [name for name in names if not name.startswith("_")]
    return sorted(sorted(set(found)), key=str.casefold)  # `Exercise`, `exercise`


def builders() -> dict[str, str]:
    """The architectures by name: the full name of the function of each."""
    with (TOP / "pyproject.toml").open("rb") as file:
        points = tomllib.load(file)["project"]["entry-points"]
    own = points["seqzoo.architectures"]
    return {name: place.replace(":", ".") for name, place in own.items()}


def faces(room: str) -> Iterator[tuple[str, list[str]]]:
    """A room and each public module in it, with their names."""
    names = public(room)
    yield room, names
    if room == "zoo":  # its modules are rooms, or in one
        return
    inside = {name for name in names if path(f"{room}.{name}")}
    inside |= {
        stub.parent.name
        for stub in TOP.joinpath(*room.split(".")).glob("*/__init__.py*")
        if stub.suffix == ".pyi" or "__all__" in defined(f"{room}.{stub.parent.name}")
    }
    for name in sorted(inside):
        found = resolve(f"{room}.{name}")
        if found and found.kind == "module":
            yield from faces(f"{room}.{name}")
