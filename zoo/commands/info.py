"""seqzoo info: the card of a release, or the builder of an architecture."""

from __future__ import annotations

import argparse
import dataclasses
import json

import registry
from zoo.commands.table import printable
from zoo.listing import info


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "info",
        help="print the card of a release or the arguments of an architecture",
        description="Print the model card of a release, or the arguments and the "
        "documentation of an architecture (which imports Keras).",
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        help="a release, its folder or address, or an architecture",
    )
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints the card or the documentation."""
    found = info(arguments.name)
    if arguments.json:
        print(json.dumps(dataclasses.asdict(found), indent=2, default=str))
        return 0
    if isinstance(found, registry.Release):
        if found.status.state != "active":
            print(f"{found.name} is {found.status.state}: {found.status.reason}\n")
        print("\n".join(printable(line) for line in found.card().splitlines()))
        return 0
    import inspect

    from zoo.commands.quiet import quiet_import

    quiet_import()
    builder = registry.builder(arguments.name)
    print(f"{found.name}{inspect.signature(builder)}\n")
    print(f"from {found.target} ({found.provider})\n")
    print(inspect.getdoc(builder) or "This builder has no documentation.")
    return 0
