"""The API reference: a page per room, with an entry for each public name.

A name that several modules give is described once, in its room, and has a line that
leads there in the others.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from tools.site import docstrings, pages, signatures
from tools.site.faces import (
    ROOMS,
    Name,
    builders,
    faces,
    imported,
    path,
    resolve,
    tree,
)

#: Methods that Keras calls; what they compute is what the class says.
KERAS_CALLS = {
    *("build", "call", "compute_output_shape", "compute_output_spec", "compute_mask"),
    *("get_config", "from_config", "build_from_config", "update_state", "result"),
    *("reset_state", "result_state"),
}


def write(folder: Path) -> None:
    """The list of rooms and their pages, into docs/api/."""
    for module in _modules():
        pages.write_changed(folder / f"{module}.md", _page(module))
    pages.write_changed(folder / "index.md", _index())


@functools.cache
def _modules() -> dict[str, list[str]]:
    """The names of each public module, rooms in their order."""
    return {face: names for room in ROOMS for face, names in faces(room)}


@functools.cache
def _entries() -> dict[tuple[str, str], str]:
    """Where each definition is described: (file, own name) -> full public name."""
    found: dict[tuple[str, str], str] = {}
    own = [m for m in _modules() if m != "zoo"]
    for module in [*sorted(own, key=lambda m: m.count(".")), "zoo"]:
        for name in _modules()[module]:
            what = _resolved(f"{module}.{name}")
            if what.kind != "module":
                found.setdefault((what.module, what.own), f"{module}.{name}")
    for full in builders().values():
        what = _resolved(full)
        found.setdefault((what.module, what.own), full)
    return found


def _resolved(full: str) -> Name:
    what = resolve(full)
    if what is None:
        raise LookupError(f"{full} is public, but its definition is not found")
    return what


@functools.cache
def entry_of(name: str) -> str | None:
    """The name under which the reference has an entry for this one, if it has."""
    what = resolve(name)
    return None if what is None else _entries().get((what.module, what.own))


@functools.cache
def canonical(name: str) -> str:
    """As `entry_of`, of modules and members of classes, too; else `name` itself."""
    if name in _modules():
        return name
    if (found := entry_of(name)) is not None:
        return found
    owner, _, member = name.rpartition(".")  # a method or attribute
    if owner and resolve(owner) is not None:
        return f"{canonical(owner)}.{member}"
    return name


def _summary(node: ast.AST) -> str:
    if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
        return ""
    text = ast.get_docstring(node) or ""
    return docstrings.markdown(text.partition("\n\n")[0]).replace("\n", " ")


def _index() -> str:
    lines = [
        "# API reference",
        "",
        "Public names by room, from the docstrings. What is used most is in `zoo`",
        "itself; the rooms have the rest. Shapes name their axes in order.",
        "",
    ]
    for module in _modules():
        if module in ROOMS:
            lines.append(f"- [`{module}`]({module}.md): {_summary(tree(module))}")
    return "\n".join([*lines, pages.toctree(*ROOMS)])


def _page(module: str) -> str:
    about = docstrings.markdown(ast.get_docstring(tree(module)))
    about = about.replace("Its names are imported on their first use.", "")
    parts = [f"# {module}", f"```{{py:module}} {module}\n```", about]
    described, elsewhere = [], []
    for name in _modules()[module]:
        full = f"{module}.{name}"
        what = _resolved(full)
        if what.kind == "module":
            elsewhere.append(_line(full, what))
        elif _entries()[what.module, what.own] == full:
            described.append(_entry(what, module, name))
        else:
            elsewhere.append(_line(full, what))
    if elsewhere:
        parts.append("| name | what |\n|---|---|\n" + "\n".join(elsewhere))
    parts += described
    if module == "zoo.architectures":
        parts += list(_architectures())
    inside = tuple(
        each
        for each in _modules()
        if each.rpartition(".")[0] == module and module != "zoo"
    )
    return "\n\n".join([*parts, pages.toctree(*inside) if inside else ""]) + "\n"


def _line(full: str, what: Name) -> str:
    """The row of a name that has its entry in another place, where its link leads."""
    said = _summary(what.node) or ast.unparse(what.node)
    return f'| <span id="{full}"></span>`{full}` | {said} |'


def _architectures() -> Iterator[str]:
    yield "## Networks by name"
    yield (
        "Each is built by `zoo.create(name, ...)` with the arguments below; "
        "[architectures](../architectures.md) says when to use which."
    )
    for name, full in sorted(builders().items()):
        what = _resolved(full)
        module, _, own = full.rpartition(".")
        yield f"### {name}"
        yield _entry(what, module, own)


def _entry(what: Name, module: str, name: str) -> str:
    """The directive of Sphinx's Python domain that describes one name."""
    node = what.node
    options = f":module: {module}"
    if isinstance(node, ast.FunctionDef):
        signature = signatures.of_function(node, what.module, entry_of)
        return _directive("function", name + signature, options, _body(node))
    if isinstance(node, ast.ClassDef):
        signature = signatures.of_class(node, what.module, entry_of)
        kind = "exception" if name.endswith(("Error", "Warning")) else "class"
        members = "\n\n".join(_members(node, what.module))
        body = "\n\n".join(filter(None, (_bases(what), _body(node), members)))
        return _directive(kind, name + signature, options, body)
    assert isinstance(node, (ast.Assign, ast.AnnAssign))
    value = ast.unparse(node.value) if node.value else ""
    if len(value) <= 200:
        options += f"\n:value: {value}"
    return _directive("data", name, options, docstrings.markdown(_comment(what)))


def _directive(kind: str, signature: str, options: str, body: str) -> str:
    fence = "`" * (5 if kind in ("method", "property") else 7)
    head = f"{fence}{{py:{kind}}} {signature}\n" + f"{options}\n" * bool(options)
    return f"{head}\n{body}\n{fence}"


def _body(node: ast.ClassDef | ast.FunctionDef) -> str:
    own = ast.get_docstring(node)
    if isinstance(node, ast.ClassDef):
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                own = "\n\n".join(filter(None, (own, ast.get_docstring(each))))
    return docstrings.markdown(own)


def _comment(what: Name) -> str:
    """The lines above a constant that begin with `#:`."""
    lines = _source(what.module)
    assert isinstance(what.node, ast.stmt)
    found: list[str] = []
    for line in reversed(lines[: what.node.lineno - 1]):
        if not line.startswith("#:"):
            break
        found.insert(0, line[2:].strip())
    return "\n".join(found)


@functools.cache
def _source(module: str) -> list[str]:
    file = path(module)
    assert file is not None
    return file.read_text(encoding="utf-8").splitlines()


def _bases(what: Name) -> str:
    """The nearest public or Keras class of each base."""
    shown: list[str] = []
    assert isinstance(what.node, ast.ClassDef)
    for base in what.node.bases:
        for full in _public_bases(ast.unparse(base).partition("[")[0], what.module):
            if full not in shown:
                shown.append(full)
    return "Bases: " + ", ".join(f"`{each}`" for each in shown) if shown else ""


def _public_bases(written: str, module: str) -> Iterator[str]:
    first, _, rest = written.partition(".")
    full = imported(module).get(first, f"{module}.{first}") + f".{rest}" * bool(rest)
    if full.startswith("keras."):
        yield full
    elif (what := resolve(full)) is not None and isinstance(what.node, ast.ClassDef):
        if (what.module, what.own) in _entries():
            yield _entries()[what.module, what.own]
        else:
            for base in what.node.bases:
                yield from _public_bases(
                    ast.unparse(base).partition("[")[0], what.module
                )


def _members(node: ast.ClassDef, module: str) -> Iterator[str]:
    """Public methods and properties with a docstring, in the order of the file."""
    for each in node.body:
        if not isinstance(each, ast.FunctionDef) or each.name.startswith(("_", "on_")):
            continue
        if each.name in KERAS_CALLS or not ast.get_docstring(each):
            continue
        decorators = {ast.unparse(d) for d in each.decorator_list}
        body = docstrings.markdown(ast.get_docstring(each))
        if decorators & {"property", "functools.cached_property", "cached_property"}:
            returned = signatures.annotation(each.returns, module, entry_of)
            options = f":type: {returned}" if returned else ""
            yield _directive("property", each.name, options, body)
        else:
            signature = signatures.of_function(each, module, entry_of, method=True)
            flags = [
                f":{d}:" for d in ("staticmethod", "classmethod") if d in decorators
            ]
            yield _directive("method", each.name + signature, "\n".join(flags), body)
