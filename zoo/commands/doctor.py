"""seqzoo doctor: what is wrong with this machine, and what to do about it."""

from __future__ import annotations

import argparse
import dataclasses
import json

from zoo.commands.table import printable


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "doctor",
        help="check this machine: Keras, GPUs, cache, plugins, throughput",
        description="Check Keras and its backend, GPUs, XLA, memory, the cache "
        "and plugins, and say what to do about each finding. Exit status 1 if there "
        "is a problem.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--no-probe",
        action="store_true",
        help="neither measure the throughput nor import other packages' architectures",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints one line per finding, and below it what to do."""
    from zoo.doctor import examine

    findings = []
    for finding in examine(probe=not arguments.no_probe):
        findings.append(finding)
        if arguments.json:
            continue
        # A stranger's message shall not steer the terminal.
        line = f"{finding.level:<8} {finding.check}: {printable(finding.what)}"
        print(line, flush=True)  # so that the last one shows what takes so long
        if finding.advice:
            print(f"         -> {printable(finding.advice)}")
    if arguments.json:
        print(json.dumps([dataclasses.asdict(f) for f in findings], indent=2))
    return int(any(finding.level == "problem" for finding in findings))
