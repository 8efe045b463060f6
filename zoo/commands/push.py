"""seqzoo push: upload a release folder to the Hugging Face hub."""

from __future__ import annotations

import argparse
from pathlib import Path

import registry
from registry.errors import SeqzooError
from zoo.commands.options import add_command


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "push",
        "Verify a release folder (hashes and golden predictions), upload it in one "
        "commit, and print the address of that commit, which others give to zoo.load. "
        "A repository that holds another release is left as it is. Needs seqzoo[hub] "
        "and `hf auth login`.",
        "seqzoo push runs/my_net_v1/release/my_net_v1 hf://my-lab/my_net_v1 --create",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a release folder")
    parser.add_argument("address", metavar="hf://OWNER/NAME", help="the repository")
    parser.add_argument(
        "--create",
        action="store_true",
        help="create the repository if there is none",
    )
    parser.add_argument(
        "--private", action="store_true", help="with --create: visible to you alone"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Verifies, uploads, prints the address of the commit."""
    if arguments.private and not arguments.create:
        raise SeqzooError("--private goes with --create, as it is set then.")
    from registry import hub
    from registry.publish import push

    # Before minutes of verification.
    hub.repository(arguments.address)
    release = registry.read_release(arguments.folder)
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.publishing.verification import verify

    outcome = verify(arguments.folder)
    if not outcome.passed:
        raise SeqzooError(
            f"{release.name} does not predict what it says: largest difference "
            f"{outcome.max_difference:.2e}, atol {outcome.atol:.0e}. Nothing was "
            "uploaded."
        )
    create, private = arguments.create, arguments.private
    print(push(release, arguments.address, create=create, private=private))
    return 0
