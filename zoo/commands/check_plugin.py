"""seqzoo check-plugin: does an architecture keep to the contract?"""

from __future__ import annotations

import argparse
import dataclasses
import json

import registry
from zoo.commands.summary import add_config, read_config
from zoo.commands.table import printable


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "check-plugin",
        help="check that an architecture keeps to the contract",
        description="Build an architecture, with its default arguments or those of "
        "--config, and check what the rest of seqzoo stands on: names of weights, "
        "logits, round trips, lengths, mixed precision, XLA, distribution, and the "
        "symmetry that it declares. Exit status 1 if anything is wrong.",
    )
    parser.add_argument("name", metavar="NAME", help="an architecture")
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints one line a check."""
    registry.find_architecture(arguments.name)  # a misspelt name need not wait
    config = read_config(arguments.config)
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.publishing.conformance import check

    findings = check(arguments.name, config)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(f) for f in findings], indent=2))
    else:
        for finding in findings:
            if finding.problem:
                print(f"FAILED   {finding.check}: {printable(finding.problem)}")
            elif finding.skipped:
                print(f"skipped  {finding.check}: {finding.skipped}")
            else:
                print(f"ok       {finding.check}")
    return 1 if any(finding.problem for finding in findings) else 0
