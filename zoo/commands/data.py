"""seqzoo data: describe a file of sequences: counts, duplicates, leakage."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.commands.options import (
    add_command,
    add_genome,
    add_json,
    add_out,
    add_sequence_column,
    complete_names,
)
from zoo.commands.printing import Skipped, print_json, printable
from zoo.errors import InputError

if TYPE_CHECKING:
    from zoo.data.record import Record


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "data",
        "Look into files of sequences.",
        "seqzoo data describe peaks.fa",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    describe = add_command(
        actions,
        "describe",
        "Count the sequences of a FASTA file, a table (TSV, CSV, Parquet) or, with "
        "--genome, of the intervals of a BED file; with --against or --release, look "
        "for sequences that are in another file or in the training data of a release, "
        "too. Compressed files (gzip, bgzip) are recognized. The file is read in a "
        "stream, but for --against, which holds both files.",
        "seqzoo data describe test.fa --against train.fa\n"
        "seqzoo data describe peaks.bed --genome hg38.fa --release rc_dilated_v1",
        help="counts, lengths, GC, N, duplicates, labels, leakage",
    )
    describe.add_argument("file", metavar="FILE", help="FASTA, table or BED")
    add_sequence_column(describe)
    describe.add_argument(
        "--label-column", metavar="COLUMN", help="the table's column of labels"
    )
    add_genome(describe, "FILE is a BED file of its intervals")
    describe.add_argument(
        "--against", metavar="FILE", help="a training set, in the same form as FILE"
    )
    complete_names(
        describe.add_argument(
            "--release", metavar="NAME", help="a release, whose training data are asked"
        ),
        "release",
    )
    add_out(describe, "a page (HTML) with plots")
    add_json(describe)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints a table, or JSON; writes the page."""
    from zoo.splits.description import Describer
    from zoo.splits.leaks import leakage
    from zoo.splits.overlaps import lookup_of
    from zoo.splits.pool import Pool, joined, pool, pools

    labeled = arguments.label_column is not None
    files = (arguments.file, arguments.against)
    forms = {path: _form(path, arguments) for path in files if path is not None}
    for path, form in forms.items():
        if labeled and form != "table":
            raise InputError(f"{path}: --label-column goes with a table, not {form}.")
    if arguments.sequence_column is not None and "table" not in forms.values():
        form = forms[arguments.file]
        raise InputError(
            f"{arguments.file}: --sequence-column goes with a table, not {form}."
        )
    # A misspelt name should not wait for the file.
    lookup = lookup_of(arguments.release) if arguments.release else None
    skip, labels = Skipped(shown=5), []
    describer = Describer(labeled=labeled)
    kept: list[Pool] = []

    def records() -> Iterator[Record]:
        for record in _records(arguments.file, forms, arguments, skip):
            labels.append(record.label)
            yield record

    for part in pools(records()):
        describer.add(part, labels if labeled else [])
        labels.clear()
        if lookup is not None:
            lookup.add(part)
        if arguments.against:
            kept.append(part)
    found = describer.description(Path(arguments.file).name, skip.count)
    report = None
    if arguments.against:
        against = pool(_records(arguments.against, forms, arguments, skip))
        report = leakage(against, joined(*kept))
    overlap = None if lookup is None else lookup.overlap()
    if arguments.out:
        from zoo.files.output import open_output
        from zoo.splits.description_page import description_page

        with open_output(arguments.out) as write:
            write(description_page(found, report, overlap))
    if arguments.json:
        more = {} if report is None else {"leakage": report.as_json()}
        more |= {} if overlap is None else {"overlap": vars(overlap)}
        print_json(found.as_json() | more)
        return 0
    width = max(len(name) for name, _ in found.rows())
    for name, text in found.rows():
        print(f"{printable(name):{width}s}  {printable(text)}")
    for known in filter(None, (report, overlap)):
        print(known)
    return 0


def _form(path: str, arguments: argparse.Namespace) -> str:
    """What a file is: "BED", "FASTA" or "table"."""
    if arguments.genome:
        return "BED"
    first = _first_bytes(path)
    if first.startswith(b">"):
        return "FASTA"
    words = first.split(b"\n")[0].split()
    if len(words) > 2 and words[1].isdigit() and words[2].isdigit():
        raise InputError(
            f"{path}: expected a header line. Received: intervals, to judge by the "
            "first line: give the FASTA file of their genome as --genome."
        )
    return "table"


def _records(
    path: str, forms: dict[str, str], arguments: argparse.Namespace, skip: Skipped
) -> Iterator[Record]:
    """The records of a file, in a stream, as the arguments say."""
    if forms[path] == "BED":
        from zoo.data.intervals.reading import read_intervals

        return read_intervals(arguments.genome, path, on_invalid=skip)
    if forms[path] == "FASTA":
        from zoo.data.fasta import read_fasta

        return read_fasta(path, on_invalid=skip)
    from zoo.data.tables import read_table

    return read_table(
        path,
        arguments.sequence_column,
        label_column=arguments.label_column,
        on_invalid=skip,
    )


def _first_bytes(path: str) -> bytes:
    from zoo.files.inputs import STDIN, open_input

    if path == STDIN:
        raise InputError(
            "Expected a file. Received: standard input, which has no name."
        )
    with open_input(path) as (stream, _):
        return stream.read(1 << 12).removeprefix(b"\xef\xbb\xbf").lstrip()
