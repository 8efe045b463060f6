"""seqzoo doctor: check this machine: Keras, GPUs, cache, plugins, throughput."""

from __future__ import annotations

import argparse

from zoo.commands.options import add_command, add_json
from zoo.commands.printing import print_json, printable


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "doctor",
        "Check Keras and its backend, GPUs, XLA, memory, the cache and plugins, and "
        "say what to do about each finding. Exit status 1 if there is a problem.",
        "seqzoo doctor",
    )
    parser.add_argument(
        "--probe",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure the throughput and import other packages' architectures "
        "(default), or do neither, which is faster",
    )
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints one line per finding, and below it what to do."""
    from zoo.doctor import examine

    findings = []
    for finding in examine(probe=arguments.probe):
        findings.append(finding)
        if arguments.json:
            continue
        # A stranger's message shall not steer the terminal.
        line = f"{finding.level:<8} {finding.check}: {printable(finding.what)}"
        print(line, flush=True)  # so that the last one shows what takes so long
        if finding.advice:
            print(f"         -> {printable(finding.advice)}")
    if arguments.json:
        print_json(findings)
    return int(any(finding.level == "problem" for finding in findings))
