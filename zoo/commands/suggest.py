"""seqzoo suggest: find the release to start from for labels of your own."""

from __future__ import annotations

import argparse

from zoo.commands.options import (
    add_command,
    add_json,
    add_seed,
    add_sequence_column,
    add_sequence_length,
    complete_names,
)
from zoo.commands.printing import print_json


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "suggest",
        "Rank releases by how well a linear model of what their trunks see predicts "
        "your labels, cross-validated, beside a regression on counts of k-mers. It "
        "takes seconds, and tells which release to fine-tune, if any.",
        "seqzoo suggest peaks.tsv --targets bound",
    )
    parser.add_argument(
        "file", metavar="FILE", help="a table (TSV, CSV, Parquet) of labeled sequences"
    )
    parser.add_argument(
        "--targets",
        metavar="COLUMN",
        nargs="+",
        required=True,
        help="the table's column of labels, classes or numbers; or several",
    )
    add_sequence_column(parser)
    add_sequence_length(parser, "that of the first; else cut or filled with N")
    complete_names(
        parser.add_argument(
            "--releases",
            metavar="NAME",
            nargs="+",
            help="these releases (default: all that are installed)",
        ),
        "release",
    )
    add_seed(parser)
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints a table and what it comes to, or JSON."""
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.data.sources.table import from_table
    from zoo.training.fine_tuning.suggestion import suggest

    columns = arguments.targets
    several = len(columns) > 1  # numbers then, of which some may be missing
    examples = from_table(
        arguments.file,
        sequence_column=arguments.sequence_column or "sequence",
        targets=columns if several else (),
        columns=() if several else columns,
        sequence_length=arguments.sequence_length,
        resize=arguments.sequence_length is not None,
    )
    found = suggest(
        examples,
        examples.targets if several else examples.columns[columns[0]],
        releases=arguments.releases,
        seed=arguments.seed,
    )
    if arguments.json:
        print_json(
            {
                "metric": found.metric,
                "sequences": found.sequences,
                "best": found.best,
                "candidates": [vars(each) for each in found.candidates],
            }
        )
    else:
        print(found)
    return 0
