"""seqzoo report: a page of predictions, bases behind them, motifs and variants."""

from __future__ import annotations

import argparse
import importlib.util
from typing import TYPE_CHECKING, Any

import registry
from zoo.commands import explaining
from zoo.commands.contributions import METHODS
from zoo.commands.motifs import add_database, read_database
from zoo.commands.options import (
    add_batch_size,
    add_bed,
    add_beyond,
    add_command,
    add_fasta,
    add_genome,
    add_method,
    add_name,
    add_out,
    add_outputs,
    add_reading,
    add_reduction,
    add_seed,
    add_strand,
    add_window,
    positive,
)
from zoo.commands.printing import Skipped, counted, tell
from zoo.errors import InputError
from zoo.files.output import open_output, refuse_replacing

if TYPE_CHECKING:
    from zoo.interpretation.motifs.motif import Motif


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "report",
        "Write one HTML page of sequences, of intervals of a genome (BED), or of "
        "variants (VCF): predictions, logos of what each base contributes, heat maps "
        "of what mutations change, motifs with their names, both alleles one above "
        "the other. It needs no other file, and fetches nothing.",
        "seqzoo report kmer_v1 --fasta peaks.fa --out page.html\n"
        "seqzoo report kmer_v1 --bed peaks.bed --genome hg38.fa --out page.html\n"
        "seqzoo report kmer_v1 --vcf all.vcf.gz --genome hg38.fa --out page.html",
        usage="seqzoo report NAME (--fasta FILE | --bed FILE | --vcf FILE) ...",
    )
    add_name(parser, "release")
    group = parser.add_argument_group("what is looked at")
    source = group.add_mutually_exclusive_group(required=True)
    add_fasta(source)
    add_bed(source, "of --genome")
    source.add_argument("--vcf", metavar="FILE", help="variants as VCF or BCF")
    add_genome(group, "what --bed or --vcf is of")
    add_window(group)
    add_reading(group, inputs=False)
    add_outputs(group)
    add_reduction(group)
    group.add_argument(
        "--max-sequences",
        metavar="N",
        type=positive,
        default=50,
        help="how many are shown: the first, or the variants of the largest effect "
        "(default: 50)",
    )
    group = parser.add_argument_group("how variants are scored, as by seqzoo variants")
    add_beyond(group, "an error", None)
    add_strand(group, default="both")
    group = parser.add_argument_group("how")
    add_method(group, METHODS)
    group.add_argument(
        "--mutagenesis",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="heat maps of what mutations change, of sequences; they take longest "
        "(default: with them)",
    )
    add_database(group, "vertebrates; 'none' looks for none")
    add_seed(group)
    add_batch_size(group)
    add_out(parser, "the page (HTML)", required=True)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the page, whole or not at all."""
    if arguments.vcf is not None and arguments.window == "full":
        raise InputError("Expected bp for --window with --vcf. Received: full")
    if arguments.vcf is not None and arguments.genome is None:
        raise InputError("--vcf goes with --genome.")
    refuse_replacing(arguments.out, arguments.vcf, arguments.genome)
    from zoo.models.loading import load, refuse_withdrawn

    release = registry.find(arguments.name)
    refuse_withdrawn(release)  # before any input is read; `load` warns
    reader = None
    if arguments.vcf is None:
        reader = explaining.ExplainedRecords(arguments, release)
        reader.begin()
    with open_output(arguments.out) as write:
        from zoo.commands.quiet import quiet_import

        quiet_import()
        given: dict[str, Any] = {
            "outputs": arguments.outputs,
            "reduction": arguments.reduction,
            "method": arguments.method,
            "database": _database(arguments.database),
            "max_sequences": arguments.max_sequences,
            "window": arguments.window,
            "batch_size": arguments.batch_size,
            "seed": arguments.seed,
        }
        if reader is not None:
            from zoo.interpretation.reports.sequences import report_sequences

            model = load(arguments.name)
            write(
                report_sequences(
                    model,
                    reader.fitting(model),
                    mutagenesis=arguments.mutagenesis,
                    **given,
                )
            )
            reader.tell_skipped()
        else:
            write(_variants(arguments, given))
    return 0


def _variants(arguments: argparse.Namespace, given: dict[str, Any]) -> str:
    from zoo.interpretation.reports.variants import report_variants

    skipped = Skipped(shown=20) if arguments.on_invalid == "drop" else None
    page = report_variants(
        arguments.name,
        arguments.genome,
        arguments.vcf,
        strand=arguments.strand,
        beyond=arguments.beyond,
        on_invalid=skipped or "error",
        ambiguous=arguments.ambiguous,
        **given,
    )
    if skipped is not None and skipped.count:
        tell(f"{counted(skipped.count, 'record')} skipped")
    return page


def _database(which: str | None) -> list[Motif]:
    if which is None and importlib.util.find_spec("memelite") is None:
        tell(
            "motifs go without names: memelite is not installed (pip install "
            "'seqzoo[motifs]'), or say --database none"
        )
        return []
    return [] if which == "none" else read_database(which or "vertebrates")
