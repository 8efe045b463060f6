"""seqzoo new-plugin: write a new package of your own networks."""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from registry.errors import SeqzooError
from registry.files import user_path
from zoo.commands.options import add_command, add_out

TEMPLATE = Path(__file__).resolve().parent / "plugin_template"
PACKAGE = "my_pkg"
DISTRIBUTION = "my-pkg"


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "new-plugin",
        "Write a package that registers an architecture with seqzoo and tests it: "
        "install it, and go on from there.",
        "seqzoo new-plugin lab_nets",
    )
    parser.add_argument("name", metavar="NAME", help="of the package, e.g. lab_nets")
    add_out(parser, "a new folder (default: ./NAME)")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the package and says what to do next."""
    name: str = arguments.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise SeqzooError(
            "Expected the name of a Python package: lower-case letters, digits and _, "
            f"a letter first. Received: {name!r}"
        )
    taken = _taken(name)
    if taken is not None:
        raise SeqzooError(
            "Expected a name that no module has yet: the package would stand in front "
            f"of it. Received: {name!r}, which is {taken}. Try {name}_nets."
        )
    folder = user_path(arguments.out or name)
    if folder.exists():
        raise SeqzooError(
            f"Expected a folder that does not exist. Received: {folder}. Give another "
            "with --out, or remove it."
        )
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        inside = source.relative_to(TEMPLATE)
        target = folder / Path(*(part.replace(PACKAGE, name) for part in inside.parts))
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8").replace(PACKAGE, name)
        text = text.replace(DISTRIBUTION, name.replace("_", "-"))
        target.write_text(text, encoding="utf-8")
        print(target)
    print(
        f"\nInstall and check it:\n  pip install -e {folder}\n"
        f"  seqzoo check-plugin {name}_net"
    )
    return 0


def _taken(name: str) -> str | None:
    """Where the module of that name is, if there is one; imports nothing."""
    if name in sys.stdlib_module_names:
        return "of Python itself"
    spec = find_spec(name)
    # A folder that just lies there is a namespace, and has no origin.
    return None if spec is None else spec.origin
