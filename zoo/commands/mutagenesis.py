"""seqzoo mutagenesis: what each change of a base does to a release's outputs."""

from __future__ import annotations

import argparse

import registry
from zoo.commands import explaining
from zoo.commands.options import add_command, add_name, add_out, position

KINDS = ("substitutions", "indels", "pairs")


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "mutagenesis",
        "Compute what each change of a base does to the outputs of a release, as the "
        "model returns them (logits), for the sequences of a FASTA file, or for "
        "intervals of a genome (BED).",
        "seqzoo mutagenesis shallow_wide_v1 --fasta sites.fa --out effects.tsv\n"
        "seqzoo mutagenesis rc_dilated_v1 --bed peaks.bed --genome hg38.fa "
        "--out x.bw",
        usage="seqzoo mutagenesis NAME (--fasta FILE | --bed FILE --genome FILE) ...",
    )
    add_name(parser, "release")
    explaining.add_arguments(parser)
    group = parser.add_argument_group("what is changed")
    group.add_argument(
        "--kind",
        choices=KINDS,
        default="substitutions",
        help="each base by each other; one base less or more; or each two positions "
        "together (default: substitutions)",
    )
    group.add_argument(
        "--start",
        metavar="POSITION",
        type=position,
        help="first position to change, from 0 in each sequence (default: the first)",
    )
    group.add_argument(
        "--end",
        metavar="POSITION",
        type=position,
        help="one past the last position to change (default: all)",
    )
    group = parser.add_argument_group("what is written")
    add_out(
        group,
        "X.h5 with all values, X.tsv with a row for each change, or X.bw with the "
        "contribution of each base along a genome (default: -, the table)",
        default="-",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the effects, whole or not at all."""
    from zoo.models.loading import load, refuse_withdrawn

    release = registry.find(arguments.name)
    refuse_withdrawn(release)  # before any input is read; `load` warns
    beside = int(arguments.kind == "indels")
    reader = explaining.ExplainedRecords(arguments, release, beside)
    reader.begin()
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.interpretation.mutagenesis import writers
    from zoo.interpretation.mutagenesis.changing import Changing

    model = load(arguments.name)
    changing = Changing(
        model,
        arguments.outputs,
        reduction=arguments.reduction,
        batch_size=arguments.batch_size,
    )
    kind, change = changing.kinds()[arguments.kind]
    with writers.opened(
        arguments.out, kind, changing.names, intervals=reader.intervals
    ) as writer:
        for records, found in reader.results(
            model, lambda given: change(given, arguments.start, arguments.end)
        ):
            writer.add(records, found)
    return 0
