"""seqzoo cache: what was downloaded, whether it is sound, what can go.

The cache is imported late: it brings what speaks HTTP, which no other command needs.
"""

from __future__ import annotations

import argparse
import dataclasses
import json

from zoo.commands.table import print_table


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "cache",
        help="list, verify or prune downloaded releases",
        description="Look after the cache of downloaded releases. Its folder is "
        "SEQZOO_CACHE; SEQZOO_SHARED_CACHES are others, which are only read; with "
        "SEQZOO_OFFLINE=1 nothing is downloaded.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    listing = actions.add_parser("list", help="list the releases in the cache")
    listing.add_argument("--json", action="store_true", help="print JSON")
    actions.add_parser(
        "verify", help="hash every file again; exit status 1 if one is damaged"
    )
    pruning = actions.add_parser(
        "prune", help="remove broken-off downloads and files that no release needs"
    )
    pruning.add_argument("--all", action="store_true", help="remove everything")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Does one of the three."""
    return {"list": _list, "verify": _verify, "prune": _prune}[arguments.action](
        arguments
    )


def _list(arguments: argparse.Namespace) -> int:
    from registry import maintenance, store

    found = maintenance.releases()
    if arguments.json:
        content = {
            "folder": str(store.folder()),
            "releases": [dataclasses.asdict(release) for release in found],
        }
        print(json.dumps(content, indent=2))
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


def _verify(arguments: argparse.Namespace) -> int:
    from registry import maintenance, store

    damaged = maintenance.damaged()
    for path in damaged:
        print(f"{path}: damaged; remove it, and it will be downloaded again")
    if not damaged:
        print(f"{store.folder()}: every file is what its name says")
    return 1 if damaged else 0


def _prune(arguments: argparse.Namespace) -> int:
    from registry import maintenance, store

    freed = maintenance.prune(everything=arguments.all)
    print(f"{store.folder()}: {freed:,} bytes freed")
    return 0
