"""Signatures as Sphinx's Python domain reads them, with the full names of classes."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable

from tools.site.faces import imported

#: Full name -> that under which the reference has an entry, if it has.
EntryOf = Callable[[str], str | None]


class _Qualified(ast.NodeTransformer):
    """Names of annotations -> full names, where the reference has an entry."""

    def __init__(self, module: str, entry_of: EntryOf) -> None:
        self.module, self.entry_of = module, entry_of

    def visit_Name(self, node: ast.Name) -> ast.AST:
        names = imported(self.module)
        full = names.get(node.id, f"{self.module}.{node.id}")
        return ast.Name(self.entry_of(full) or node.id)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):  # `"Motif"`, a name written before its class
            return self.visit(ast.parse(node.value, mode="eval").body)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if ast.unparse(node.value).endswith("Literal"):
            return node
        return self.generic_visit(node)


def annotation(node: ast.expr | None, module: str, entry_of: EntryOf) -> str:
    if node is None:
        return ""
    return ast.unparse(_Qualified(module, entry_of).visit(copy.deepcopy(node)))


def of_function(
    node: ast.FunctionDef, module: str, entry_of: EntryOf, *, method: bool = False
) -> str:
    """`(sequences, *, window=None) -> ndarray`, on one line."""
    arguments = copy.deepcopy(node.args)
    qualified = _Qualified(module, entry_of)
    listed = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        *filter(None, (arguments.vararg, arguments.kwarg)),
    ]
    for each in listed:
        if each.annotation is not None:
            each.annotation = qualified.visit(each.annotation)
    plain = not any(ast.unparse(d) == "staticmethod" for d in node.decorator_list)
    if method and plain:
        (arguments.posonlyargs or arguments.args).pop(0)
    returned = annotation(node.returns, module, entry_of)
    arrow = f" -> {returned}" if returned and node.name != "__init__" else ""
    return f"({ast.unparse(arguments)}){arrow}"


def of_class(node: ast.ClassDef, module: str, entry_of: EntryOf) -> str:
    """That of `__init__`, or the fields of a dataclass or named tuple."""
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return of_function(each, module, entry_of, method=True)
    made_of_fields = any("dataclass" in ast.unparse(d) for d in node.decorator_list)
    if not made_of_fields and "NamedTuple" not in map(ast.unparse, node.bases):
        return ""
    fields = []
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and "ClassVar" not in ast.unparse(
            field.annotation
        ):
            said = annotation(field.annotation, module, entry_of)
            default = f" = {_default(field.value)}" if field.value else ""
            fields.append(f"{ast.unparse(field.target)}: {said}{default}")
    return f"({', '.join(fields)})"


def _default(value: ast.expr) -> str:
    """`field(default_factory=dict)` is an implementation; a reader wants a value."""
    if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field"):
        given = {each.arg: each.value for each in value.keywords}
        if "default" in given:
            return ast.unparse(given["default"])
        return "..."
    return ast.unparse(value)
