"""seqzoo verify: recompute the golden predictions of releases."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

import registry
from registry.errors import SeqzooError


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "verify",
        help="check a release's files and recompute its golden predictions",
        description="Check the sha256 of a release's files, load it, and recompute "
        "its golden predictions on this machine. Exit status 1 if any differs by "
        "more than its atol.",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="a release or a folder")
    parser.add_argument("--all", action="store_true", help="every installed release")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints one line a release: the largest difference against its atol."""
    if (arguments.name is None) == (not arguments.all):
        raise SeqzooError("Give the NAME of one release, or --all.")
    installed = [f"{x.provider}:{x.name}" for x in registry.list_releases()]
    names = installed if arguments.all else [arguments.name]
    if not names:
        raise SeqzooError("No release is installed: nothing was verified.")
    for name in names:
        registry.find(name)  # a misspelt name should not wait for Keras
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.publishing.verification import verify

    failed = 0
    outcomes = []
    for name in names:
        try:
            outcome = verify(name)
        except SeqzooError as error:
            failed += 1
            print(f"{name}: FAILED: {error}", file=sys.stderr)
            outcomes.append({"name": name, "passed": False, "error": str(error)})
            continue
        failed += not outcome.passed
        outcomes.append(dataclasses.asdict(outcome) | {"passed": outcome.passed})
        if arguments.json:
            continue
        print(
            f"{outcome.name}: {'ok' if outcome.passed else 'FAILED'}: largest "
            f"difference {outcome.max_difference:.2e}, atol {outcome.atol:.0e}"
        )
    if arguments.json:
        print(json.dumps(outcomes, indent=2))
    return 1 if failed else 0
