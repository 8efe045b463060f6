"""seqzoo info: print the card of a release or the arguments of an architecture."""

from __future__ import annotations

import argparse
from dataclasses import asdict

import registry
from zoo.commands.options import add_command, add_json, add_name
from zoo.commands.printing import print_json, print_markdown, printable
from zoo.models.listing import info


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "info",
        "Print the model card of a release, laid out on a terminal and as Markdown "
        "elsewhere, or the arguments and the documentation of an architecture (which "
        "imports Keras).",
        "seqzoo info rc_dilated_v1",
    )
    add_name(parser, "either")
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints the card or the documentation."""
    found = info(arguments.name)
    learned = None
    if isinstance(found, registry.Release):
        learned = registry.read_learned_motifs(found)
    if arguments.json:
        said = {} if learned is None else {"learned_motifs": asdict(learned)}
        print_json(asdict(found) | said)
        return 0
    if isinstance(found, registry.Release):
        if notice := found.notice():
            print(f"{printable(notice)}\n")
        lines = found.card().splitlines() + _motifs(learned)
        print_markdown("\n".join(printable(line) for line in lines))
        return 0
    import inspect

    from zoo.commands.quiet import quiet_import

    quiet_import()
    builder = registry.builder(arguments.name)
    print(f"{found.name}{inspect.signature(builder)}\n")
    print(f"from {found.target} ({found.provider})\n")
    print(inspect.getdoc(builder) or "This builder has no documentation.")
    return 0


def _motifs(learned: registry.LearnedMotifs | None) -> list[str]:
    """Lines of Markdown below the card."""
    if learned is None:
        return []
    about = (
        f"Of contributions to its outputs ({learned.sequences}), compared with "
        f"{learned.database}:"
    )
    lines = [f"- {motif}" for motif in learned.motifs]
    return [
        "",
        "## Motifs that it has learned",
        "",
        about,
        "",
        *(lines or ["- none with a name"]),
    ]
