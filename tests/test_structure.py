"""The house's rules that no linter checks: which way imports point, file sizes."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
# Rooms in their order: each may import from those in front of it, and itself.
ROOMS = [
    ["registry"],
    ["zoo.errors", "zoo.keras_objects"],
    ["zoo.dna", "zoo.pairings"],
    ["zoo.layers", "zoo.encodings", "zoo.losses", "zoo.metrics"],
    ["zoo.heads"],
    ["zoo.blocks"],
    ["zoo.architectures"],
    ["zoo.keras_settings", "zoo.precision"],
    ["zoo.outputs"],
    ["zoo.creation", "zoo.weights", "zoo.listing", "zoo.codes_input"],
    ["zoo.trial"],
    ["zoo.pages"],
    ["zoo.data", "zoo.loading", "zoo.sequences"],
    ["zoo.graph"],
    ["zoo.receptive_fields", "zoo.multiply_adds"],
    ["zoo.summaries"],
    ["zoo.forward"],
    ["zoo.lengths"],
    ["zoo.prediction"],
    ["zoo.motifs"],
    ["zoo.simulation"],
    ["zoo.samples"],
    ["zoo.symmetry", "zoo.verification"],
    ["zoo.lineage"],
    ["zoo.saving", "zoo.foreign", "zoo.conversion", "zoo.ensembles"],
    ["zoo.exporting", "zoo.doctor"],
    ["zoo.genome_prediction"],
    [
        "zoo.training.configuration",
        "zoo.training.checkpointing",
        "zoo.training.distribution",
        "zoo.training.fine_tuning",
    ],
    [
        "zoo.training.distribute",
        "zoo.training.defaults",
        "zoo.training.progress",
        "zoo.training.shapes",
        "zoo.training.stopping",
    ],
    ["zoo.training.fitting"],
    ["zoo.training.reports", "zoo.training.runs"],
    ["zoo.training"],
    ["zoo.conformance"],
    ["zoo.commands", "zoo.plugin_template"],
    ["zoo.cli", "zoo.__main__"],
]
FILES = sorted([*TOP.glob("registry/**/*.py"), *TOP.glob("zoo/**/*.py")])


def module(path: Path) -> str:
    parts = path.relative_to(TOP).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name: str) -> int:
    for number, names in enumerate(ROOMS):
        if any(name == n or name.startswith(f"{n}.") for n in names):
            return number
    raise AssertionError(f"{name} is in no room: add it to ROOMS")


def imports(tree: ast.AST, everywhere: bool) -> set[str]:
    """Absolute names imported; at module level only, or inside functions too."""
    found: set[str] = set()
    nodes = ast.walk(tree) if everywhere else tree.body  # type: ignore[attr-defined]
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            assert node.module is not None
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_point_one_way(path: Path) -> None:
    name = module(path)
    if name == "zoo":
        return  # re-exports, late
    for target in imports(ast.parse(path.read_text()), everywhere=True):
        if target.split(".")[0] in ("zoo", "registry") and target != "zoo":
            assert room(target) <= room(name), f"{name} imports {target}"


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


def test_files_are_small() -> None:
    files = [*FILES, *TOP.glob("tools/**/*.py"), *TOP.glob("tests/**/*.py")]
    long = {
        module(p): lines
        for p in files
        if (lines := len(p.read_text().splitlines())) > 400
    }
    assert long == {}
