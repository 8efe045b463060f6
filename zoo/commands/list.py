"""seqzoo list: list released models and architectures."""

from __future__ import annotations

import argparse
import fnmatch
from typing import Any

import registry
from registry.release import STATES
from zoo.commands.options import add_command, add_json, complete_names, positive
from zoo.commands.printing import print_json, print_table, printable, tell


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "list",
        "List the released models, which `seqzoo predict` and zoo.load take, and the "
        "architectures, which zoo.create takes.",
        "seqzoo list 'rc_*'\nseqzoo list --task binary --min-length 100",
    )
    parser.add_argument(
        "pattern",
        metavar="PATTERN",
        nargs="?",
        default="*",
        help="names with shell wildcards, e.g. 'rc_*' (default: all)",
    )
    add_json(parser)
    only = parser.add_argument_group("only releases")
    architecture = only.add_argument(
        "--architecture", metavar="NAME", help="of this architecture"
    )
    complete_names(architecture, "architecture")
    only.add_argument("--task", help="for this task, e.g. binary")
    only.add_argument(
        "--tags", metavar="TAG", nargs="+", default=[], help="with all these tags"
    )
    only.add_argument(
        "--min-length",
        type=positive,
        metavar="BP",
        help="that take sequences as short as this",
    )
    only.add_argument(
        "--licence", help="licence of the weights: with this one; wildcards are allowed"
    )
    only.add_argument(
        "--status",
        choices=STATES,
        help="of this status",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints two tables; a release that cannot be read is listed with its error."""
    facts = ("architecture", "task", "tags", "min_length", "licence", "status")
    wanted = {fact: getattr(arguments, fact) for fact in facts}
    releases = _releases(arguments.pattern, wanted)
    # Architectures have none of these facts.
    architectures = [] if any(wanted.values()) else _architectures(arguments.pattern)
    if arguments.json:
        print_json({"releases": releases, "architectures": architectures})
        return 0
    if releases:
        shown = [row | {"status": _status(row)} for row in releases]
        _print(("release", "provider", "status", "description"), shown)
    if releases and architectures:
        print()
    if architectures:
        _print(("architecture", "provider", "description"), architectures)
    if not releases and not architectures:
        what = "release" if any(wanted.values()) else "release or architecture"
        whole = "; a PATTERN is a whole name, with wildcards such as 'rc_*'"
        tell(
            f"no {what} fits. seqzoo list shows all{whole * (arguments.pattern != '*')}"
        )
    return 0


def _status(row: dict[str, Any]) -> str:
    newer = row.get("superseded_by")
    return f"{row['status']} by {newer}" if newer else str(row["status"])


def _print(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    print_table(columns, [[printable(str(row[c])) for c in columns] for row in rows])


def _releases(pattern: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    from zoo.models.listing import fits

    rows = []
    for location in registry.list_releases():
        if not fnmatch.fnmatchcase(location.name, pattern):
            continue
        row = {"release": location.name, "provider": location.provider}
        try:
            release = registry.read_location(location)
        except registry.ReleaseError as error:
            if not any(wanted.values()):
                rows.append(row | {"status": "broken", "description": str(error)})
            continue
        if fits(release, **wanted):
            facts = {"status": release.status.state, "description": release.description}
            if release.status.state == "superseded":
                facts["superseded_by"] = release.status.superseded_by or ""
            rows.append(row | facts | {"sha256": release.sha256})
    return rows


def _architectures(pattern: str) -> list[dict[str, Any]]:
    return [
        {
            "architecture": a.name,
            "provider": a.provider,
            "description": (
                a.description if a.problem is None else f"broken: {a.problem}"
            ),
            "builder": a.target,
        }
        for a in registry.list_architectures()
        if fnmatch.fnmatchcase(a.name, pattern)
    ]
