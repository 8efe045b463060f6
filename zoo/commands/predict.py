"""seqzoo predict: sequences of a FASTA file or a table -> a TSV of predictions."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import registry
from zoo.commands import predict_genome
from zoo.errors import InputError
from zoo.genome_prediction import outputs

if TYPE_CHECKING:
    from zoo.data.record import Record
    from zoo.prediction import Predictions

_MAX_REPORTS = 20
_INTERVAL_COLUMNS = ("chrom", "start", "end", "name", "strand")
_UNBROKEN = str.maketrans("\t\n\r", "   ")


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "predict",
        help="predict sequences with a released model",
        description="Predict the sequences of a FASTA file, of intervals of it (BED), "
        "or of a column of a table (TSV, CSV, Parquet), and write a TSV with a row a "
        "sequence; or predict a genome in tiles, and write tracks. Compressed files "
        "(gzip, bgzip) are recognised; - is standard input or output.",
    )
    parser.add_argument("name", metavar="NAME", help="a release or a folder")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--fasta", metavar="FILE", help="sequences as FASTA")
    source.add_argument("--table", metavar="FILE", help="sequences in a table")
    source.add_argument("--genome", metavar="FILE", help="a genome as FASTA, in tiles")
    parser.add_argument(
        "--bed",
        metavar="FILE",
        help="predict these intervals of the FASTA file, or tiles in them",
    )
    parser.add_argument(
        "--column", metavar="NAME", help="the table's column of sequences"
    )
    parser.add_argument(
        "--name-column", metavar="NAME", help="the table's column of names"
    )
    parser.add_argument(
        "--out", metavar="FILE", default="-", help="where to write (standard output)"
    )
    parser.add_argument(
        "--batch-size", metavar="N", type=_positive, default=256, help="default: 256"
    )
    parser.add_argument(
        "--skip-invalid",
        action="store_true",
        help="report records that cannot be used on standard error, and go on",
    )
    parser.add_argument(
        "--logits", action="store_true", help="raw outputs, without the activation"
    )
    predict_genome.add_arguments(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the table or the tracks, whole or not at all."""
    _check_arguments(arguments)
    if arguments.genome is not None:
        return predict_genome.run(arguments)
    from zoo.loading import load, refuse_withdrawn

    release = registry.find(arguments.name)
    refuse_withdrawn(release)  # before any input is read; `load` warns
    activation = None if arguments.logits else outputs.activation(release)
    skipped = _Skipped() if arguments.skip_invalid else None

    from zoo.data.output import open_output

    with open_output(arguments.out) as write:
        records = _records(arguments, skipped)
        # Reading the first record tells a bad input before Keras is imported.
        first = next(records, None)
        if first is not None:
            from zoo.commands.quiet import quiet_import

            quiet_import()
            from zoo.prediction import predict_records

            batches = predict_records(
                load(arguments.name),
                itertools.chain([first], records),
                batch_size=arguments.batch_size,
                activation=activation,
                min_length=release.input.min_length,
                on_invalid=skipped,
            )
            count = _write_rows(batches, write, release, arguments)
        if first is None or count == 0:
            raise InputError("No record could be used. No output was written.")
    if skipped is not None and skipped.count:
        print(f"seqzoo: {skipped.count:,} records skipped", file=sys.stderr)
    return 0


class _Skipped:
    """Reports records that are left out, the first few of them one by one."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: InputError) -> None:
        self.count += 1
        if self.count <= _MAX_REPORTS:
            print(f"seqzoo: skipped: {error}", file=sys.stderr)
        elif self.count == _MAX_REPORTS + 1:
            print("seqzoo: more are skipped without a message", file=sys.stderr)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, received {number}")
    return number


def _check_arguments(arguments: argparse.Namespace) -> None:
    """What argparse cannot say."""
    predict_genome.check_arguments(arguments)
    if arguments.table is None and (arguments.column or arguments.name_column):
        raise InputError("--column and --name-column go with --table.")
    if arguments.table is not None and arguments.column is None:
        raise InputError("--table needs --column, the name of the sequence column.")
    if arguments.table is not None and arguments.bed is not None:
        raise InputError("--bed goes with --fasta or --genome.")
    for path in filter(
        None, (arguments.fasta, arguments.table, arguments.genome, arguments.bed)
    ):
        with contextlib.suppress(OSError):
            if os.path.samefile(path, arguments.out):  # noqa: PTH121
                raise InputError(f"--out would replace the input {path}.")


def _records(
    arguments: argparse.Namespace, on_invalid: Callable[[InputError], None] | None
) -> Iterator[Record]:
    if arguments.table is not None:
        from zoo.data.tables import read_table

        return read_table(
            arguments.table,
            arguments.column,
            name_column=arguments.name_column,
            on_invalid=on_invalid,
        )
    if arguments.bed is not None:
        from zoo.data.intervals import read_intervals

        return read_intervals(arguments.fasta, arguments.bed, on_invalid=on_invalid)
    from zoo.data.fasta import read_fasta

    return read_fasta(arguments.fasta, on_invalid=on_invalid)


def _write_rows(
    batches: Iterator[tuple[list[Record], Predictions]],
    write: Callable[[str], None],
    release: registry.Release,
    arguments: argparse.Namespace,
) -> int:
    """Writes the header and a row a record; returns how many records."""
    count = 0
    columns: list[str] = []
    with _progress() as advance:
        for records, predictions in batches:
            names = _columns(release, predictions, records[0], arguments.logits)
            if not columns:
                columns = names
                by = ("name",) if arguments.bed is None else _INTERVAL_COLUMNS
                write("\t".join((*by, *columns)) + "\n")
            elif names != columns:
                raise InputError(
                    f"{records[0].source}: record {records[0].name!r} has another "
                    "number of bins than those before. Profiles need sequences of "
                    "one length."
                )
            numbers = "\t".join(["%.6g"] * len(columns))
            rows = predictions.reshape(len(records), -1).tolist()
            write(
                "".join(
                    f"{_key(record)}\t{numbers % tuple(row)}\n"
                    for record, row in zip(records, rows, strict=True)
                )
            )
            count += len(records)
            advance(len(records))
    return count


def _columns(
    release: registry.Release, predictions: Predictions, record: Record, logits: bool
) -> list[str]:
    """Names of the columns: output, units and, in a profile, the bin's interval."""
    outputs.check_count(release, predictions.shape[-1])
    names = [outputs.column(output, logits) for output in release.outputs]
    if predictions.ndim == 2:
        return names
    bins, bin_size = predictions.shape[1], release.config["bin_size"]
    # The bins lie centred in the sequence.
    first = (record.codes.size - bins * bin_size) // 2
    starts = range(first, first + bins * bin_size, bin_size)
    return [f"{name}_{start}_{start + bin_size}" for start in starts for name in names]


def _key(record: Record) -> str:
    """The cells that say which record a row is of."""
    name = record.name.translate(_UNBROKEN)
    if record.interval is None:
        return name
    where = record.interval
    return f"{where.chrom}\t{where.start}\t{where.end}\t{name}\t{where.strand}"


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A count of records on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda advance: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,} records"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    ) as progress:
        task = progress.add_task("predict", total=None)
        yield lambda advance: progress.advance(task, advance)
