"""seqzoo data: what is in a file of sequences."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.commands.table import printable
from zoo.errors import InputError

if TYPE_CHECKING:
    from zoo.data.record import Record
    from zoo.splits.description import Description
    from zoo.splits.leaks import LeakageReport
    from zoo.splits.sketches import Overlap

_MAX_REPORTS = 5


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "data",
        help="describe a file of sequences",
        description="Look into files of sequences.",
    )
    inner = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    describe = inner.add_parser(
        "describe",
        help="counts, lengths, GC, N, duplicates, labels, leakage",
        description="Count the sequences of a FASTA file, a table (TSV, CSV, Parquet) "
        "or, with --genome, of the intervals of a BED file; look for sequences that "
        "are in another file (--against) or in the training data of a release "
        "(--release), too. Compressed files (gzip, bgzip) are recognised. The file is "
        "read in a stream, but for --against, which holds both files.",
    )
    describe.add_argument("file", metavar="FILE", help="FASTA, table or BED")
    describe.add_argument(
        "--sequence-column",
        metavar="NAME",
        default="sequence",
        help="the table's column of sequences (default: sequence)",
    )
    describe.add_argument(
        "--label-column", metavar="NAME", help="the table's column of labels"
    )
    describe.add_argument(
        "--genome", metavar="FASTA", help="FILE is a BED file of intervals of it"
    )
    describe.add_argument(
        "--against", metavar="OTHER", help="a training set, in the same form as FILE"
    )
    describe.add_argument(
        "--release", metavar="NAME", help="a release, whose training data are asked"
    )
    describe.add_argument("--out", metavar="FILE", help="write a page with plots")
    describe.add_argument("--json", action="store_true", help="print JSON")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints a table, or JSON; writes the page."""
    from zoo.splits.description import Describer
    from zoo.splits.leaks import leakage
    from zoo.splits.overlaps import lookup_of
    from zoo.splits.pool import Pool, joined, pool, pools

    # A misspelt name should not wait for the file.
    lookup = lookup_of(arguments.release) if arguments.release else None
    source = _Source(arguments)
    describer = Describer(labelled=arguments.label_column is not None)
    kept: list[Pool] = []
    for part in pools(source.records(arguments.file)):
        describer.add(part, source.taken_labels())
        if lookup is not None:
            lookup.add(part)
        if arguments.against:
            kept.append(part)
    found = describer.description(Path(arguments.file).name, source.skipped)
    report = None
    if arguments.against:
        report = leakage(pool(source.records(arguments.against)), joined(*kept))
    overlap = None if lookup is None else lookup.overlap()
    if arguments.out:
        from zoo.files.output import open_output
        from zoo.splits.description_page import description_page

        with open_output(arguments.out) as write:
            write(description_page(found, report, overlap))
    _print(found, report, overlap, as_json=arguments.json)
    return 0


class _Source:
    """Reads files as the arguments say; what cannot be used is counted."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.skipped = 0
        self._labels: list[str] = []
        if arguments.genome and arguments.label_column:
            raise InputError("--label-column goes with a table, --genome with BED.")

    def records(self, path: str) -> Iterator[Record]:
        """The records of a file, in a stream."""
        arguments = self.arguments
        if arguments.genome:
            from zoo.data.intervals.reading import read_intervals

            yield from read_intervals(arguments.genome, path, on_invalid=self._skip)
        elif (first := _first_bytes(path)).startswith(b">"):
            if arguments.label_column:
                raise InputError(
                    f"{path}: --label-column goes with a table, not FASTA."
                )
            from zoo.data.fasta import read_fasta

            yield from read_fasta(path, on_invalid=self._skip)
        else:
            if _is_interval(first.split(b"\n")[0].split()):
                raise InputError(
                    f"{path}: expected a header line. Received: intervals, to judge by "
                    "the first line: give the FASTA file of their genome as --genome."
                )
            from zoo.data.tables import read_table

            for record in read_table(
                path,
                arguments.sequence_column,
                name_column=arguments.label_column,
                on_invalid=self._skip,
            ):
                self._labels.append(record.name)
                yield record

    def taken_labels(self) -> list[str]:
        """Labels of the records since the last call."""
        taken, self._labels = self._labels, []
        return taken

    def _skip(self, error: InputError) -> None:
        self.skipped += 1
        if self.skipped <= _MAX_REPORTS:
            print(f"seqzoo: skipped: {error}", file=sys.stderr)
        elif self.skipped == _MAX_REPORTS + 1:
            print("seqzoo: more are skipped without a message", file=sys.stderr)


def _first_bytes(path: str) -> bytes:
    from zoo.files.inputs import STDIN, open_input

    if path == STDIN:
        raise InputError(
            "Expected a file. Received: standard input, which has no name."
        )
    with open_input(path) as (stream, _):
        return stream.read(1 << 12).removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_interval(words: list[bytes]) -> bool:
    return len(words) > 2 and words[1].isdigit() and words[2].isdigit()


def _print(
    found: Description,
    report: LeakageReport | None,
    overlap: Overlap | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        content = found.as_json()
        if report is not None:
            content["leakage"] = report.as_json()
        if overlap is not None:
            content["overlap"] = vars(overlap)
        print(json.dumps(content, indent=2))
        return
    width = max(len(name) for name, _ in found.rows())
    for name, text in found.rows():
        print(f"{printable(name):{width}s}  {printable(text)}")
    for more in (report, overlap):
        if more is not None:
            print(more)
