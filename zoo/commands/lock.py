"""seqzoo lock: pin the releases that a project uses."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from registry import lock


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "lock",
        help="pin releases to their sha256 in a lock file",
        description="Pin names to the sha256 of the releases that they mean today. "
        "zoo.load(name, lock='seqzoo.lock') then loads those very bits, or fails. "
        "Without a NAME, check that everything pinned is still what it was.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="as zoo.load takes it")
    parser.add_argument(
        "--lock", type=Path, default=Path(lock.FILE), help="default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Pins, or checks."""
    if arguments.names:
        locked = lock.write_lock(arguments.names, arguments.lock)
    else:
        locked = lock.read_lock(arguments.lock)
        for name in locked:
            lock.find_locked(name, locked)
    if arguments.json:
        pins = {name: dataclasses.asdict(pin) for name, pin in sorted(locked.items())}
        print(json.dumps(pins, indent=2))
        return 0
    for name, pin in sorted(locked.items()):
        print(f"{name}: {pin.release} of {pin.provider}, sha256 {pin.sha256[:12]}")
    return 0
