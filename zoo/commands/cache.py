"""seqzoo cache: list, verify or prune downloaded releases.

The cache is imported late: it brings what speaks HTTP, which no other command needs.
"""

from __future__ import annotations

import argparse
import dataclasses

from zoo.commands.options import add_command, add_json
from zoo.commands.printing import print_json, print_table


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "cache",
        "Look after the cache of downloaded releases. Its folder is SEQZOO_CACHE; "
        "SEQZOO_SHARED_CACHES are further ones, which are only read; with "
        "SEQZOO_OFFLINE=1 nothing is downloaded.",
        "seqzoo cache list",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    what = "list the releases in the cache"
    listing = add_command(
        actions, "list", f"{what.capitalize()}.", "seqzoo cache list --json", help=what
    )
    add_json(listing)
    what = "hash every file again; exit status 1 if one is damaged"
    add_command(
        actions, "verify", f"{what.capitalize()}.", "seqzoo cache verify", help=what
    )
    what = "remove interrupted downloads and files that no release needs"
    pruning = add_command(
        actions, "prune", f"{what.capitalize()}.", "seqzoo cache prune", help=what
    )
    pruning.add_argument(
        "--everything", action="store_true", help="remove the releases, too"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Does one of the three."""
    from registry import maintenance, store

    if arguments.action == "verify":
        damaged = maintenance.damaged()
        for path in damaged:
            print(f"{path}: damaged; remove it, and it will be downloaded again")
        if not damaged:
            print(f"{store.folder()}: every file is what its name says")
        return 1 if damaged else 0
    if arguments.action == "prune":
        freed = maintenance.prune(everything=arguments.everything)
        print(f"{store.folder()}: {freed:,} bytes freed")
        return 0
    found = maintenance.releases()
    if arguments.json:
        releases = [dataclasses.asdict(release) for release in found]
        print_json({"folder": str(store.folder()), "releases": releases})
        return 0
    print(f"{store.folder()}\n")
    rows = [
        (
            release.name,
            release.sha256[:12],
            f"{release.files} of {release.declared}",
            f"{release.bytes:,}",
            ", ".join(release.addresses),
        )
        for release in found
    ]
    print_table(("release", "sha256", "files", "bytes", "address"), rows)
    return 0
