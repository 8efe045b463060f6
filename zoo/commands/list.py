"""seqzoo list: the releases and the architectures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import registry


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "list",
        help="list released models and architectures",
        description="List the released models, which `seqzoo predict` and zoo.load "
        "take, and the architectures, which zoo.create takes.",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints two tables; a release that cannot be read is listed with its error."""
    rows = []
    for location in registry.list_releases():
        try:
            release = registry.read_location(location)
            rows.append((location.name, release.status.state, release.description))
        except registry.ReleaseError as error:
            rows.append((location.name, "broken", str(error)))
    print_table(("release", "status", "description"), rows)
    print()
    print_table(
        ("architecture", "provider", "builder"),
        [(a.name, a.provider, a.target) for a in registry.list_architectures()],
    )
    return 0


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints left-aligned columns, two spaces between them."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
