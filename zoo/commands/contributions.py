"""seqzoo contributions: how much each base contributes to a release's outputs."""

from __future__ import annotations

import argparse

import registry
from zoo.commands import explaining
from zoo.commands.options import (
    add_command,
    add_method,
    add_name,
    add_out,
    add_seed,
    add_strand,
    positive,
)

METHODS = (
    "deeplift",
    "gradient_x_input",
    "integrated_gradients",
    "expected_gradients",
    "smooth_gradients",
    "mutagenesis",
)


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "contributions",
        "Compute how much each base contributes to the outputs of a release, as the "
        "model returns them (logits), for the sequences of a FASTA file, or for "
        "intervals of a genome (BED).",
        "seqzoo contributions shallow_wide_v1 --fasta sites.fa --out x.h5\n"
        "seqzoo contributions kmer_v1 --bed a.bed --genome hg38.fa --out x.bw",
        usage="seqzoo contributions NAME (--fasta FILE | --bed FILE --genome FILE) ...",
    )
    add_name(parser, "release")
    explaining.add_arguments(parser)
    group = parser.add_argument_group("how it is computed")
    add_method(group, METHODS)
    group.add_argument(
        "--num-references",
        metavar="N",
        type=positive,
        default=20,
        help="shuffles of each sequence, of deeplift and expected_gradients "
        "(default: 20)",
    )
    group.add_argument(
        "--num-steps",
        metavar="N",
        type=positive,
        default=20,
        help="points of integrated_gradients, draws of smooth_gradients (default: 20)",
    )
    add_seed(group)
    add_strand(group, "+")
    group = parser.add_argument_group("what is written")
    add_out(
        group,
        "X.h5 or X.npz, as modisco motifs reads them, or X.bw along the genome; "
        "X.OUTPUT.h5 of several outputs",
        required=True,
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the contributions, whole or not at all."""
    from zoo.models.loading import load, refuse_withdrawn

    release = registry.find(arguments.name)
    refuse_withdrawn(release)  # before any input is read; `load` warns
    reader = explaining.ExplainedRecords(arguments, release)
    reader.begin()
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.interpretation.contributions import writers
    from zoo.interpretation.contributions.calling import Contributing

    model = load(arguments.name)
    contributing = Contributing(
        model,
        arguments.outputs,
        reduction=arguments.reduction,
        method=arguments.method,
        num_references=arguments.num_references,
        num_steps=arguments.num_steps,
        seed=arguments.seed,
        strand=arguments.strand,
        batch_size=arguments.batch_size,
    )
    with writers.opened(
        arguments.out, contributing.names, intervals=reader.intervals
    ) as writer:
        for records, found in reader.results(model, contributing):
            writer.add(records, found)
    return 0
