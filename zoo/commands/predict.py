"""seqzoo predict: predict sequences, intervals or a genome with a released model."""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import registry
from registry.files import user_path
from zoo.commands import predict_genome, predict_windows
from zoo.commands.options import (
    add_command,
    add_genome,
    add_name,
    add_out,
    add_sequence_column,
    positive,
    read_config,
)
from zoo.commands.printing import Skipped, tell
from zoo.errors import InputError

if TYPE_CHECKING:
    import keras

    from zoo.commands.predict_windows import Batches
    from zoo.data.record import Record
    from zoo.prediction.genome.tiles import Geometry

    Placed = tuple[tuple[int, int], list[float]]

_COLUMNS = ("name", "start", "end")
_INTERVAL_COLUMNS = ("chrom", "start", "end", "name", "strand")
_UNBROKEN = str.maketrans("\t\n\r", "   ")


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
    add_name(parser, "a release, its folder or address")
    group = parser.add_argument_group("what is predicted")
    source = group.add_mutually_exclusive_group(required=True)
    source.add_argument("--fasta", metavar="FILE", help="sequences as FASTA")
    source.add_argument("--table", metavar="FILE", help="sequences in a table")
    add_genome(source, "tracks along it")
    group.add_argument(
        "--bed",
        metavar="FILE",
        help="these intervals of --fasta, or the tiles of --genome that overlap them",
    )
    add_sequence_column(group)
    group.add_argument(
        "--name-column",
        metavar="COLUMN",
        help="the table's column of names (default: none)",
    )
    group.add_argument(
        "--on-invalid",
        choices=("error", "drop"),
        default="error",
        help="what a record that cannot be used is: an error, or reported on standard "
        "error and left out (default: error)",
    )
    group.add_argument(
        "--ambiguous",
        choices=("error", "unknown"),
        default="error",
        help="what IUPAC letters of --genome are, and of --fasta with --bed: an error, "
        "or N (default: error)",
    )
    group.add_argument(
        "--inputs",
        metavar="NAME=VALUE",
        nargs="+",
        default=[],
        help="what a model reads beside the sequence, the same for all: numbers or "
        "lists in JSON; with --genome also bigWig files, e.g. signals=atac.bw or "
        'signals=["a.bw","b.bw"]',
    )
    group = parser.add_argument_group("what is written")
    add_out(group, "a file (default: -)", default="-")
    group.add_argument(
        "--head", metavar="NAME", help="which output of a model that has several"
    )
    group.add_argument(
        "--logits", action="store_true", help="raw outputs, without the activation"
    )
    group.add_argument(
        "--batch-size",
        metavar="N",
        type=positive,
        default=256,
        help="sequences or windows per batch (default: 256)",
    )
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
    on_invalid = skipped or _refuse

    from zoo.files.output import open_output

    with open_output(arguments.out) as write:
        records = _records(arguments, release, on_invalid)
        # Reading the first record tells a bad input before Keras is imported.
        first = next(records, None)
        if first is not None:
            from zoo.commands.quiet import quiet_import

            quiet_import()
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
            count = _write_rows(
                windows.counted(batches), write, release, model, arguments
            )
            windows.tell()
        if first is None or count == 0:
            raise InputError("No record could be used. No output was written.")
    if skipped is not None and skipped.count:
        tell(f"{skipped.count:,} record{'s' * (skipped.count > 1)} skipped")
    return 0


def _refuse(error: InputError) -> None:
    """Ends at a record that cannot be used."""
    raise InputError(f"{error} --on-invalid drop leaves such records out.") from None


def _check_arguments(arguments: argparse.Namespace) -> None:
    """What argparse cannot say."""
    predict_genome.check_arguments(arguments)
    predict_windows.check_arguments(arguments)
    if arguments.table is None and (arguments.sequence_column or arguments.name_column):
        raise InputError("--sequence-column and --name-column go with --table.")
    if arguments.table is not None and arguments.bed is not None:
        raise InputError("--bed goes with --fasta or --genome.")
    for path in filter(
        None, (arguments.fasta, arguments.table, arguments.genome, arguments.bed)
    ):
        with contextlib.suppress(OSError):
            if user_path(path).samefile(user_path(arguments.out)):
                raise InputError(f"--out would replace the input {path}.")


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


def _write_rows(
    batches: Batches,
    write: Callable[[str], None],
    release: registry.Release,
    model: keras.Model,
    arguments: argparse.Namespace,
) -> int:
    """Writes the header and a row per record and bin; returns how many records."""
    from zoo.prediction.genome import bins, outputs
    from zoo.prediction.genome.tiles import whole

    count = 0
    geometry = functools.cache(functools.partial(bins.geometry, model, release))
    columns = [outputs.column(o, arguments.logits) for o in release.outputs]
    key = _interval_key if arguments.bed is not None else _record_key
    numbers = "\t".join(["%.6g"] * len(columns)) + "\n"
    new = _Bins()
    with _counted() as advance:
        for records, predictions in batches:
            if not count:
                by = _INTERVAL_COLUMNS if arguments.bed is not None else _COLUMNS
                write("\t".join((*by, *columns)) + "\n")
            outputs.check_count(release, predictions.shape[-1])
            layout = whole if predictions.ndim == 2 else geometry
            values = predictions.reshape(len(records), -1, len(columns)).tolist()
            write(
                "".join(
                    f"{key(record, start, end)}\t{numbers % tuple(row)}"
                    for record, rows in zip(records, values, strict=True)
                    for (start, end), row in _within_contig(
                        record,
                        new(record, _placed(record, rows, layout(record.codes.size))),
                    )
                )
            )
            count += len(records)
            advance(len(records))
    return count


def _placed(
    record: Record, rows: list[list[float]], shape: Geometry
) -> Iterator[Placed]:
    """Each bin's first base and one past its last, where the sequence comes from."""
    size, where = record.codes.size, record.interval
    starts = [shape.offset + bin * shape.bin_size for bin in range(len(rows))]
    if where is not None and where.strand == "-":
        # Bins come in the order of the genome.
        starts, rows = [size - s - shape.bin_size for s in starts][::-1], rows[::-1]
    first = 0 if where is None else where.start
    for start, row in zip(starts, rows, strict=True):
        yield (first + start, first + start + shape.bin_size), row


def _within_contig(record: Record, rows: Iterable[Placed]) -> Iterator[Placed]:
    """Bins as far as they lie in the contig; a window may be padded beyond it."""
    length = None if record.interval is None else record.interval.contig_length
    for (start, end), row in rows:
        start, end = max(start, 0), end if length is None else min(end, length)
        if start < end:
            yield (start, end), row


def _record_key(record: Record, start: int, end: int) -> str:
    """The cells that say what a row is of: 0-based, half-open."""
    return f"{record.name.translate(_UNBROKEN)}\t{start}\t{end}"


class _Bins:
    """Leaves out the bins of a profile that the window before has predicted."""

    def __init__(self) -> None:
        self._of: tuple[str, str] | None = None
        self._start = self._reached = 0

    def __call__(self, record: Record, rows: Iterable[Placed]) -> Iterator[Placed]:
        where, of = record.interval, (record.source, record.name)
        start = 0 if where is None else where.start
        # The windows of a record come in the order of the genome.
        if of != self._of or start <= self._start:
            self._reached = start
        self._of, self._start = of, start
        reached = self._reached
        for (first, last), row in rows:
            # A prediction of a whole window is that window's own.
            if last > reached or last - first == record.codes.size:
                self._reached = last
                yield (first, last), row


def _interval_key(record: Record, start: int, end: int) -> str:
    where = record.interval
    assert where is not None
    name = record.name.translate(_UNBROKEN)
    return f"{where.chrom}\t{start}\t{end}\t{name}\t{where.strand}"


@contextlib.contextmanager
def _counted() -> Iterator[Callable[[int], None]]:
    """A count of records on standard error; an interrupt says how many there were."""
    from zoo.files.progress import counted

    count = 0

    def add(number: int) -> None:
        nonlocal count
        count += number
        advance(number)

    with counted(None, 0, "records") as advance:
        try:
            yield add
        except (KeyboardInterrupt, SystemExit) as error:
            error.add_note(f"{count:,} records had been predicted.")
            raise
