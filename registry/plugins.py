"""Whether a plugin can work, found out without running any of it.

A distribution says which version of the plugin interface it was written for by the
name of an entry point; none means the first:

    [project.entry-points."seqzoo.api"]
    1 = "my_pkg"
"""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from importlib import metadata
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

OWN = "seqzoo"  # the provider of what comes with this distribution
API = 1
API_GROUP = "seqzoo.api"
PROBE_SECONDS = 60.0
_SOURCE_BYTES = 1_000_000

_PROBE = """
import importlib, sys
module, attribute = sys.argv[1:]
found = importlib.import_module(module)
for part in attribute.split("."):
    found = getattr(found, part)
sys.exit(0 if callable(found) else f"{module}:{attribute} is not a function")
"""


def api_problem(provider: str) -> str | None:
    """Why this seqzoo does not serve a distribution's plugins, if it does not."""
    declared = _declared().get(provider, {"1"})
    if str(API) in declared:
        return None
    return (
        f"it needs version {' or '.join(sorted(declared))} of the plugin interface, "
        f"this seqzoo has version {API}"
    )


@functools.lru_cache(maxsize=1)
def _declared() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for point in metadata.entry_points(group=API_GROUP):
        if point.dist is not None:
            found.setdefault(point.dist.name, set()).add(point.name)
    return found


@functools.lru_cache(maxsize=4096)
def module_problem(module: str) -> str | None:
    """Why a module cannot be imported, as far as that shows without importing it."""
    try:
        spec = spec_of(module)
    except (ImportError, ValueError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return None if spec is not None else f"there is no module {module!r}"


def first_line(target: str) -> str:
    """The first line of a builder's documentation, read from its source as text.

    Args:
        target: "module:function".

    Returns:
        "" where there is none to be read: no source, or a function from elsewhere.
    """
    module, _, name = target.partition(":")
    try:
        spec = spec_of(module)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            return ""
        source = Path(spec.origin).read_bytes()
        if len(source) > _SOURCE_BYTES:
            return ""
        body = ast.parse(source).body
    except (ImportError, OSError, ValueError, SyntaxError, AttributeError):
        return ""
    except (RecursionError, MemoryError):  # of text that no person wrote as a program
        return ""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0].strip()
    return ""


def spec_of(module: str) -> ModuleSpec | None:
    """Where a module is, without importing a package that it is in.

    Raises:
        ImportError, ValueError, AttributeError: What finders say of a damaged one.
    """
    top, *inner = module.split(".")
    # Of a top-level name it asks the finders (an editable install has its own).
    spec = find_spec(top)
    for part in inner:
        if spec is None or spec.submodule_search_locations is None:
            return None
        # It would import the parents of an inner name, so those are walked here.
        spec = PathFinder.find_spec(part, list(spec.submodule_search_locations))
    return spec


def forget() -> None:
    """Forgets what was found out, for a session that installed a package."""
    _declared.cache_clear()
    module_problem.cache_clear()


def probe(target: str, seconds: float = PROBE_SECONDS) -> str | None:
    """Imports a builder in a process of its own.

    Args:
        target: "module:function".
        seconds: How long that may take.

    Returns:
        What went wrong, or None.
    """
    module, _, attribute = target.partition(":")
    command = [sys.executable, "-c", _PROBE, module, attribute]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"its import did not end within {seconds:.0f} s"
    if done.returncode == 0:
        return None
    said = done.stderr.strip().splitlines()
    reason = said[-1] if said else "without a message"
    return f"its import ended with status {done.returncode}: {reason}"
