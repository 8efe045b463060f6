"""seqzoo verify: check a release's files and recompute its golden predictions."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import Any

import registry
from registry.errors import SeqzooError
from zoo.commands.options import add_command, add_json, add_name
from zoo.commands.printing import print_json


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "verify",
        "Check the sha256 of a release's files, load it, and recompute its golden "
        "predictions on this machine. Exit status 1 if any differs by more than its "
        "atol.",
        "seqzoo verify rc_dilated_v1\nseqzoo verify --all",
    )
    add_name(parser, "release", nargs="?")
    parser.add_argument("--all", action="store_true", help="every installed release")
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints one line per release: the largest difference against its atol."""
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
    outcomes: list[dict[str, Any]] = []
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
        print_json(outcomes)
    return 1 if failed else 0
