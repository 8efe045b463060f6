"""The house's rules that no linter checks: which way imports point, file sizes."""

from __future__ import annotations

import ast
import graphlib
import importlib
import re
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
# Rooms in their order: each may import from those in front of it, and itself.
ROOMS = [
    "registry",
    "zoo.errors",
    "zoo.keras_objects",
    "zoo.files",
    "zoo.dna",
    "zoo.foreign",
    "zoo.layers",
    "zoo.losses",
    "zoo.metrics",
    "zoo.architectures",
    "zoo.models",
    "zoo.data",
    "zoo.splits",
    "zoo.inspection",
    "zoo.prediction",
    "zoo.interpretation",
    "zoo.samples",
    "zoo.publishing",
    "zoo.training",
    "zoo.doctor",
    "zoo.practice",
    "zoo.commands",
    "zoo.cli",
    "zoo.__main__",
]
# Its names are in its stub, imported late.
TOP_PACKAGE = "zoo"
FILES = sorted([*TOP.glob("registry/**/*.py"), *TOP.glob("zoo/**/*.py")])


def module(path: Path) -> str:
    parts = path.relative_to(TOP).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name: str) -> int:
    for number, place in enumerate(ROOMS):
        if name == place or name.startswith(f"{place}."):
            return number
    raise AssertionError(f"{name} is in no room: add it to ROOMS")


def imports(tree: ast.AST, everywhere: bool, package: str = "") -> set[str]:
    """Absolute names imported; at module level only, or inside functions too.

    The stub of a package, and nothing else, says `from .module import name`.
    """
    found: set[str] = set()
    nodes = ast.walk(tree) if everywhere else tree.body  # type: ignore[attr-defined]
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == bool(package), "relative import"
            source = ".".join(filter(None, (package, node.module)))
            found |= {f"{source}.{alias.name}" for alias in node.names}
    return found


def test_the_listing_is_the_rooms() -> None:
    """Whoever lists the folder sees every capability, and nothing else."""
    listed = {
        module(path if path.is_file() else path / "__init__.py")
        for path in (TOP / "zoo").iterdir()
        if path.suffix in ("", ".py") and path.name != "__pycache__"
    }
    assert listed - {"zoo", "zoo.pretrained"} == set(ROOMS) - {"registry"}


def test_each_folder_of_code_is_a_package_that_says_what_it_is() -> None:
    folders = {path.parent for path in FILES} - {
        *TOP.glob("zoo/commands/plugin_template/**")  # a project of its own
    }
    for folder in folders:
        about = folder / "__init__.py"
        assert about.is_file(), folder
        assert ast.get_docstring(ast.parse(about.read_text())), folder


def test_a_class_name_means_one_thing() -> None:
    """Errors, completion and searches show the name without its room."""
    seen: dict[str, str] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                assert node.name not in seen, (seen[node.name], module(path))
                seen[node.name] = module(path)


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_point_one_way(path: Path) -> None:
    name = module(path)
    if name == TOP_PACKAGE:
        return
    for target in imports(ast.parse(path.read_text()), everywhere=True):
        if target.split(".")[0] in ("zoo", "registry") and target != "zoo":
            assert room(target) <= room(name), f"{name} imports {target}"


def test_no_files_import_in_circles() -> None:
    """Not within a room either, not late, not for types alone."""
    files = {module(path): path for path in FILES}

    def behind(target: str) -> str:
        return target if target in files else target.rpartition(".")[0]

    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for name, path in files.items():
        if name == TOP_PACKAGE:
            continue
        targets = imports(ast.parse(path.read_text()), everywhere=True)
        stub = path.with_suffix(".pyi")
        if stub.exists():  # what a package takes from its modules, late
            targets |= imports(ast.parse(stub.read_text()), True, package=name)
        sorter.add(name, *{behind(t) for t in targets if behind(t) in files})
    sorter.prepare()


FACES = sorted(TOP.glob("zoo/**/__init__.pyi"))


@pytest.mark.parametrize("path", FACES, ids=module)
def test_faces_show_what_is_there(path: Path) -> None:
    """A stub is what editors complete, and what the package imports, late."""
    package = importlib.import_module(module(path))
    assert package.__all__ == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package.__all__) <= set(dir(package))


# Imported inside functions, once something has to be cached, fetched or shown.
LATE = {
    "registry.store": {"filelock", "platformdirs"},
    "registry.hub": {"huggingface_hub"},
    "registry.markdown": {"markdown_it"},
}


@pytest.mark.parametrize("path", sorted(TOP.glob("registry/*.py")), ids=module)
def test_the_registry_needs_the_standard_library_only(path: Path) -> None:
    for everywhere in (False, True):
        allowed = {"registry", *sys.stdlib_module_names}
        if everywhere:
            allowed |= LATE.get(module(path), set())
        found = imports(ast.parse(path.read_text()), everywhere)
        assert {target.split(".")[0] for target in found} <= allowed


@pytest.mark.parametrize("path", sorted(TOP.glob("zoo/layers/*.py")), ids=module)
def test_layers_know_no_backend(path: Path) -> None:
    tops = {t.split(".")[0] for t in imports(ast.parse(path.read_text()), True)}
    assert not tops & {"tensorflow", "jax", "torch"}


def words(node: ast.AST) -> set[str]:
    return set(re.findall(r"\w+", ast.unparse(node)))


def arrays() -> set[str]:
    """What annotations call an array, or what holds some: `Codes = NDArray[...]`."""
    found = {"NDArray", "ndarray", "Examples"}
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
                named = words(node.value)
                if named & found and "Callable" not in named:
                    found |= {ast.unparse(target) for target in node.targets}
    return found


ARRAYS = arrays()


def test_arrays_have_names() -> None:
    assert {"Codes", "OneHot", "Integers", "Words", "Rows", "Predictions"} <= ARRAYS


@pytest.mark.parametrize("path", FILES, ids=module)
def test_tables_of_arrays_compare_by_identity(path: Path) -> None:
    """What dataclasses compare by, ==, raises an error where a field is an array."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ClassDef):
            continue
        made = [ast.unparse(each) for each in node.decorator_list]
        fields = [
            each
            for each in node.body
            if isinstance(each, ast.AnnAssign)
            and "compare=False" not in ast.unparse(each)
            and ARRAYS & words(each.annotation)
        ]
        if fields and any(each.startswith("dataclass") for each in made):
            assert any("eq=False" in each for each in made), node.name


def test_files_are_small() -> None:
    files = [*FILES, *TOP.glob("tools/**/*.py"), *TOP.glob("tests/**/*.py")]
    long = {
        module(p): lines
        for p in files
        if (lines := len(p.read_text().splitlines())) > 400
    }
    assert long == {}
