"""seqzoo check-plugin: check that an architecture keeps to the contract."""

from __future__ import annotations

import argparse

import registry
from zoo.commands.options import (
    add_command,
    add_config,
    add_json,
    add_name,
    read_config,
)
from zoo.commands.printing import print_json, printable


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "check-plugin",
        "Build an architecture, with its default arguments or those of --config, and "
        "check what the rest of seqzoo relies on: names of weights, logits, round "
        "trips, lengths, mixed precision, XLA, distribution, and the symmetry that it "
        "declares. Exit status 1 if anything is wrong.",
        "seqzoo check-plugin rc_dilated --config filters=16",
    )
    add_name(parser, "architecture")
    add_config(parser)
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints one line per check."""
    registry.find_architecture(arguments.name)  # a misspelt name need not wait
    config = read_config(arguments.config)
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.publishing.conformance import check

    findings = check(arguments.name, config)
    if arguments.json:
        print_json(findings)
    else:
        for finding in findings:
            if finding.problem:
                print(f"FAILED   {finding.check}: {printable(finding.problem)}")
            elif finding.skipped:
                print(f"skipped  {finding.check}: {finding.skipped}")
            else:
                print(f"ok       {finding.check}")
    return 1 if any(finding.problem for finding in findings) else 0
