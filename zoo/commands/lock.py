"""seqzoo lock: pin releases to their sha256 in a lock file."""

from __future__ import annotations

import argparse
from pathlib import Path

from registry import lock
from zoo.commands.options import add_command, add_json, add_name
from zoo.commands.printing import print_json


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "lock",
        "Pin names to the sha256 of the releases that they mean today. zoo.load(name, "
        "lock='seqzoo.lock') then loads those very bits, or fails. Without a NAME, "
        "check that everything pinned is still what it was.",
        "seqzoo lock rc_dilated_v1 kmer_v1\nseqzoo lock",
    )
    add_name(parser, "release", nargs="*")
    parser.add_argument(
        "--lock",
        metavar="FILE",
        type=Path,
        default=Path(lock.FILE),
        help="the lock file (default: %(default)s)",
    )
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Pins, or checks."""
    if arguments.name:
        locked = lock.write_lock(arguments.name, arguments.lock)
    else:
        locked = lock.read_lock(arguments.lock)
        for name in locked:
            lock.find_locked(name, locked)
    if arguments.json:
        print_json(dict(sorted(locked.items())))
        return 0
    for name, pin in sorted(locked.items()):
        print(f"{name}: {pin.release} of {pin.provider}, sha256 {pin.sha256[:12]}")
    return 0
