"""seqzoo design: edit sequences until a release predicts what is wanted."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

import registry
from zoo.commands.options import (
    add_batch_size,
    add_command,
    add_fasta,
    add_method,
    add_name,
    add_out,
    add_quiet,
    add_reduction,
    add_seed,
    add_sequence_length,
    add_window,
    positive,
)
from zoo.errors import InputError
from zoo.files.output import open_output, refuse_replacing

if TYPE_CHECKING:
    from zoo.interpretation.sequence_design.goals import GoalLike

METHODS = ("greedy", "beam", "evolution")
_REACH = "reach:"


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "design",
        "Replace bases of sequences, or of random ones, one after the other, until the "
        "outputs of a release are what they should be. Writes the designs as FASTA, "
        "and the history of every edit as a table.",
        "seqzoo design shallow_wide_v1 --goal ctcf --num-sequences 20 --out new.fa\n"
        "seqzoo design kmer_v1 --goal MYC=1 USF1=-1 --fasta a.fa --history x.tsv",
        usage="seqzoo design NAME --goal ... (--fasta FILE | --num-sequences N) ...",
    )
    add_name(parser, "release")
    group = parser.add_argument_group("what is designed, and of what")
    group.add_argument(
        "--goal",
        metavar="NAME[=WEIGHT]",
        nargs="+",
        required=True,
        help="outputs to raise, as logits, or with a weight below 0 to lower: "
        f"tf_1=1 tf_2=-1; or to bring to a value: tf_1={_REACH}2.5",
    )
    source = group.add_mutually_exclusive_group(required=True)
    add_fasta(source)
    source.add_argument(
        "--num-sequences",
        metavar="N",
        type=positive,
        help="begin with so many random sequences",
    )
    add_sequence_length(group, "what the release was trained on")
    add_window(group)
    add_reduction(group)
    group = parser.add_argument_group("how")
    add_method(group, METHODS)
    for option, default, about in (
        ("--max-edits", 10, "positions in which a design may differ from its start"),
        ("--beam-width", 8, "sequences kept of each start, by beam"),
        ("--population", 16, "sequences kept of each start, by evolution"),
        ("--generations", 50, "rounds of evolution"),
    ):
        group.add_argument(
            option,
            metavar="N",
            type=positive,
            default=default,
            help=f"{about} (default: {default})",
        )
    group.add_argument(
        "--min-gain",
        metavar="X",
        type=float,
        default=0.001,
        help="what each edit has to add to the score (default: 0.001)",
    )
    add_seed(group)
    add_batch_size(group)
    group = parser.add_argument_group("what designs have to be")
    group.add_argument(
        "--keep",
        metavar="START-END",
        nargs="+",
        default=[],
        type=_interval,
        help="intervals that stay as they are, from 0 and half-open, e.g. 0-20",
    )
    group.add_argument(
        "--gc",
        metavar=("LEAST", "MOST"),
        nargs=2,
        type=float,
        help="range of the share of G and C, e.g. 0.4 0.6",
    )
    group.add_argument(
        "--forbidden",
        metavar="SITE",
        nargs="+",
        default=[],
        help="sites in IUPAC letters that no design has on either strand",
    )
    group.add_argument(
        "--max-homopolymer",
        metavar="N",
        type=positive,
        help="longest run of one base",
    )
    group = parser.add_argument_group("what is written")
    add_out(group, "the designs as FASTA (default: -, standard output)", default="-")
    group.add_argument(
        "--history",
        metavar="PATH",
        help="table (TSV) of all edits: name, step, position, from, to, score",
    )
    add_quiet(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the designs, whole or not at all."""
    from zoo.models.loading import load, refuse_withdrawn

    release = registry.find(arguments.name)
    refuse_withdrawn(release)
    goal = _goal(arguments.goal)
    _check_paths(arguments)
    records = None
    if arguments.fasta is not None:
        from zoo.data.fasta import read_fasta

        records = list(read_fasta(arguments.fasta))
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.files import progress
    from zoo.interpretation.sequence_design import design

    is_drawn = arguments.method == "evolution"
    rounds = arguments.generations if is_drawn else arguments.max_edits
    more = {}
    with contextlib.ExitStack() as stack:
        # A place that cannot be written to is known before anything is computed.
        write = stack.enter_context(open_output(arguments.out))
        write_history = None
        if arguments.history is not None:
            write_history = stack.enter_context(open_output(arguments.history))
        if not arguments.quiet:
            counted = progress.counted(rounds, 0, "rounds")
            more["advance"] = stack.enter_context(counted)
        found = design(
            load(arguments.name),
            goal,
            sequences=records,
            num_sequences=arguments.num_sequences,
            sequence_length=arguments.sequence_length,
            reduction=arguments.reduction,
            method=arguments.method,
            max_edits=arguments.max_edits,
            min_gain=arguments.min_gain,
            beam_width=arguments.beam_width,
            population=arguments.population,
            generations=arguments.generations,
            keep=arguments.keep,
            gc=arguments.gc,
            forbidden=arguments.forbidden,
            max_homopolymer=arguments.max_homopolymer,
            window=arguments.window,
            seed=arguments.seed,
            batch_size=arguments.batch_size,
            **more,
        )
        names = None if records is None else [record.name for record in records]
        write(found.fasta(names))
        if write_history is not None:
            write_history(found.history(names))
    return 0


def _check_paths(arguments: argparse.Namespace) -> None:
    """Refuses outputs that would replace the input, or one another."""
    if arguments.history is not None and arguments.history == arguments.out:
        raise InputError("--history and --out name one file. Expected two.")
    for path in (arguments.out, arguments.history):
        refuse_replacing(path, arguments.fasta)


def _goal(words: list[str]) -> GoalLike:
    """Outputs with their weights, or the values that they are to reach."""
    from zoo.interpretation.sequence_design.goals import Reach

    found: dict[str, float | Reach] = {}
    for word in words:
        # A name may hold a "=": a number does not.
        name, equals, text = word.rpartition("=")
        if not equals:
            name, text = word, "1"
        number = text.removeprefix(_REACH)
        try:
            value = float(number)
        except ValueError:
            raise InputError(
                f"Expected --goal NAME, NAME=WEIGHT or NAME={_REACH}VALUE. Received: "
                f"{word!r}"
            ) from None
        if name in found:
            raise InputError(f"Expected --goal {name} once. Received it again.")
        found[name] = value if number == text else Reach(value)
    return found


def _interval(text: str) -> tuple[int, int]:
    start, dash, end = text.partition("-")
    if not (dash and text.isascii() and start.isdigit() and end.isdigit()):
        raise argparse.ArgumentTypeError(f"expected START-END, received {text!r}")
    return int(start), int(end)
