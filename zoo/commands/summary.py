"""seqzoo summary: show what each layer of a network sees and costs."""

from __future__ import annotations

import argparse

from zoo.commands.options import (
    add_command,
    add_config,
    add_json,
    add_name,
    add_sequence_length,
    read_config,
)
from zoo.commands.printing import print_json


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "summary",
        "Print, for each layer of an architecture or a release: the shape of its "
        "output, the bp that one unit of it sees (span), the bp between units "
        "(stride), its parameters, and its multiply-adds per sequence.",
        "seqzoo summary bpnet --sequence-length 2114",
    )
    add_name(parser, "either")
    add_sequence_length(parser, "that of the model, of the release's training, or 1000")
    add_config(parser)
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints a table, or JSON."""
    from zoo.models.listing import info

    info(arguments.name)  # a misspelt name should not wait for Keras
    config = read_config(arguments.config)
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.inspection.summaries import summary

    found = summary(
        arguments.name, sequence_length=arguments.sequence_length, config=config
    )
    if arguments.json:
        print_json(found.as_json())
    else:
        print(found)
    return 0
