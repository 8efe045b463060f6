"""seqzoo data: describe sequences; count cut sites of reads."""

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
    add_quiet,
    add_sequence_column,
    complete_names,
)
from zoo.commands.printing import Skipped, counted, print_json, printable
from zoo.errors import InputError

if TYPE_CHECKING:
    from zoo.data.record import Record


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "data",
        "Look into files of sequences; count where reads say that an enzyme cut.",
        "seqzoo data describe peaks.fa\n"
        "seqzoo data cut-sites reads.bam --genome hg38.fa --out cuts.bw",
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
    _add_cut_sites(actions)
    return parser


def _add_cut_sites(actions: argparse._SubParsersAction) -> None:
    """Adds the action and its arguments."""
    parser = add_command(
        actions,
        "cut-sites",
        "Count at each base of a genome how often the enzyme of an experiment cut "
        "there, by the ends of reads or fragments, and write a bigWig file. Ends that "
        "were moved already are noticed by the bases around them. Reads may come in "
        "any order; several files are added up.",
        "seqzoo data cut-sites reads.bam --genome hg38.fa --out cuts.bw\n"
        "seqzoo data cut-sites fragments.tsv.gz --genome hg38.fa --out cuts.bw\n"
        "seqzoo data cut-sites nexus.bam --assay chip --stranded --genome sacCer3.fa "
        "--out nexus.bw",
        help="BAM or fragments to a bigWig of cuts: Tn5, DNase I, or 5' ends",
    )
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="BAM; fragments of 10x (TSV); BED of reads (tagAlign)",
    )
    add_genome(parser, "the one that reads were aligned to", required=True)
    add_out(
        parser, "NAME.bw; with --stranded NAME.plus.bw, NAME.minus.bw", required=True
    )
    parser.add_argument(
        "--assay",
        choices=("atac", "dnase", "chip"),
        default="atac",
        help="the base that is counted: in the middle of the 9 bp between the two cuts "
        "of Tn5 (atac, +4/-4); right of the cut of DNase I (dnase, 0/+1); the 5' end "
        "itself (chip) (default: atac)",
    )
    for strand, usual in (("plus", "0 or 4"), ("minus", "0, -4 or -5")):
        parser.add_argument(
            f"--{strand}-shift",
            type=int,
            metavar="BP",
            help=f"how far the files have moved ends of the {strand} strand already: "
            f"{usual} (default: found by the bases around the ends)",
        )
    parser.add_argument(
        "--stranded", action="store_true", help="count each strand by itself"
    )
    parser.add_argument(
        "--min-mapping-quality",
        type=int,
        default=0,
        metavar="N",
        help="leave out reads of BAM with less (default: 0)",
    )
    parser.add_argument(
        "--proper-pairs",
        action="store_true",
        help="leave out reads of BAM that are not part of a proper pair",
    )
    add_quiet(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Does what the action says."""
    if arguments.action == "cut-sites":
        return _cut_sites(arguments)
    return _describe(arguments)


_SHIFT_FROM = {
    "given": "as you say",
    "bases": "to judge by the bases around them",
    "form": "as such files usually are; their bases do not tell",
    "assay": "as they are counted",
}


def _cut_sites(arguments: argparse.Namespace) -> int:
    """Writes the files; prints what was read and left out, or JSON."""
    from zoo.data.reads.cut_sites import cut_sites

    found = cut_sites(
        arguments.files,
        arguments.genome,
        arguments.out,
        assay=arguments.assay,
        plus_shift=arguments.plus_shift,
        minus_shift=arguments.minus_shift,
        stranded=arguments.stranded,
        min_mapping_quality=arguments.min_mapping_quality,
        proper_pairs=arguments.proper_pairs,
        progress=not arguments.quiet,
    )
    if arguments.json:
        print_json(found)
        return 0
    for file in found.files:
        plus, minus = file.shift
        moved = f"moved already by {plus:+}/{minus:+} bp"
        print(
            f"{printable(file.path)}: {file.form}, {file.ends:,} ends, "
            f"{moved if any(file.shift) else 'not moved yet'}, "
            f"{_SHIFT_FROM[file.shift_from]}"
        )
        for reason, number in file.left_out.items():
            print(f"  left out: {number:,} {reason}")
    paths = " and ".join(printable(str(path)) for path in found.paths)
    print(f"{paths}: {found.cuts:,} cuts at {counted(found.bases, 'base')}")
    return 0


def _describe(arguments: argparse.Namespace) -> int:
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
