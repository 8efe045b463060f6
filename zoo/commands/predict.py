"""seqzoo predict: predict sequences, intervals or a genome with a released model."""

from __future__ import annotations

import argparse
import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import registry
from zoo.commands import predict_genome, predict_windows
from zoo.commands.options import (
    add_batch_size,
    add_bed,
    add_command,
    add_fasta,
    add_genome,
    add_name,
    add_out,
    add_reading,
    add_sequence_column,
    add_table,
    read_config,
)
from zoo.commands.printing import Skipped, counted, refuse, tell
from zoo.errors import InputError
from zoo.files.output import open_output, refuse_replacing

if TYPE_CHECKING:
    from zoo.data.record import Record


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "predict",
        "Predict the sequences of a FASTA file, of intervals of it (BED), or of a "
        "column of a table (TSV, CSV, Parquet), and write a TSV with a row per "
        "sequence, or per bin of a profile; or predict a genome in tiles, and write "
        "tracks. Compressed files (gzip, bgzip) are recognized; - is standard input or "
        "output.",
        "seqzoo predict rc_dilated_v1 --fasta peaks.fa --out predictions.tsv\n"
        "seqzoo predict rc_dilated_v1 --fasta hg38.fa --bed peaks.bed --out peaks.tsv\n"
        "seqzoo predict rc_dilated_v1 --genome hg38.fa --out tracks.bw",
        usage="seqzoo predict NAME (--fasta FILE | --table FILE | --genome FILE) ...",
    )
    add_name(parser, "release")
    group = parser.add_argument_group("what is predicted")
    source = group.add_mutually_exclusive_group(required=True)
    add_fasta(source)
    add_table(source, "with a column of sequences")
    add_genome(source, "tracks along it")
    add_bed(group, "of --fasta, or those whose tiles of --genome are predicted")
    add_sequence_column(group)
    group.add_argument(
        "--name-column",
        metavar="COLUMN",
        help="the table's column of names (default: none)",
    )
    add_reading(group)
    group = parser.add_argument_group("what is written")
    add_out(group, "a file (default: -)", default="-")
    group.add_argument(
        "--head",
        metavar="NAME",
        help="which output of a model that has several; expected_reads for the reads "
        "at each base, of one that has a profile and counts",
    )
    group.add_argument(
        "--logits", action="store_true", help="raw outputs, without the activation"
    )
    add_batch_size(group)
    predict_windows.add_arguments(parser)
    predict_genome.add_arguments(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the table or the tracks, whole or not at all."""
    _check_arguments(arguments)
    if arguments.genome is not None:
        return predict_genome.run(arguments)
    from zoo.models.loading import load, refuse_withdrawn
    from zoo.prediction.genome import outputs

    release = registry.find(arguments.name)
    refuse_withdrawn(release)  # before any input is read; `load` warns
    release = outputs.with_head(release, arguments.head)
    activation = None if arguments.logits else outputs.activation(release)
    skipped = Skipped(shown=20) if arguments.on_invalid == "drop" else None
    on_invalid = skipped or refuse

    with open_output(arguments.out) as write:
        records = _records(arguments, release, on_invalid)
        # Reading the first record tells a bad input before Keras is imported.
        first = next(records, None)
        if first is not None:
            from zoo.commands.quiet import quiet_import

            quiet_import()
            from zoo.prediction.rows import PredictionRows
            from zoo.prediction.sequences import predict_records

            model = outputs.of_head(load(arguments.name), arguments.head)
            windows = predict_windows.Windows(arguments, release, model)
            batches = predict_records(
                model,
                windows.cut(itertools.chain([first], records)),
                batch_size=arguments.batch_size,
                activation=activation,
                on_invalid=on_invalid,
                inputs=read_config(arguments.inputs, "--inputs"),
            )
            rows = PredictionRows(
                release,
                model,
                intervals=arguments.bed is not None,
                logits=arguments.logits,
            )
            write(rows.header)
            with _counted() as advance:
                for some, predictions in windows.counted(batches):
                    write(rows.text(some, predictions))
                    advance(len(some))
            windows.tell()
        if first is None or not windows.lengths.count:
            raise InputError("No record could be used. No output was written.")
    if skipped is not None and skipped.count:
        tell(f"{counted(skipped.count, 'record')} skipped")
    return 0


def _check_arguments(arguments: argparse.Namespace) -> None:
    """What argparse cannot say."""
    predict_genome.check_arguments(arguments)
    predict_windows.check_arguments(arguments)
    if arguments.table is None and (arguments.sequence_column or arguments.name_column):
        raise InputError("--sequence-column and --name-column go with --table.")
    if arguments.table is not None and arguments.bed is not None:
        raise InputError("--bed goes with --fasta or --genome.")
    inputs = (arguments.fasta, arguments.table, arguments.genome, arguments.bed)
    refuse_replacing(arguments.out, *inputs)


def _records(
    arguments: argparse.Namespace,
    release: registry.Release,
    on_invalid: Callable[[InputError], None],
) -> Iterator[Record]:
    if arguments.table is not None:
        from zoo.data.tables import read_table

        return read_table(
            arguments.table,
            arguments.sequence_column,
            name_column=arguments.name_column,
            on_invalid=on_invalid,
        )
    if arguments.bed is not None:
        from zoo.data.intervals.reading import read_intervals

        return read_intervals(
            arguments.fasta,
            arguments.bed,
            window=predict_windows.around_centres(arguments, release),
            centre=arguments.centre,
            beyond=arguments.beyond,
            ambiguous=arguments.ambiguous,
            on_invalid=on_invalid,
        )
    from zoo.data.fasta import read_fasta

    return read_fasta(arguments.fasta, on_invalid=on_invalid)


@contextlib.contextmanager
def _counted() -> Iterator[Callable[[int], None]]:
    """A count of records on standard error; an interrupt says how many there were."""
    from zoo.files import progress

    count = 0

    def add(number: int) -> None:
        nonlocal count
        count += number
        advance(number)

    with progress.counted(None, 0, "records") as advance:
        try:
            yield add
        except (KeyboardInterrupt, SystemExit) as error:
            error.add_note(f"{counted(count, 'record')} had been predicted.")
            raise
