"""seqzoo variants: score the variants of a VCF file by their predicted effects."""

from __future__ import annotations

import argparse

from zoo.commands.options import (
    add_batch_size,
    add_beyond,
    add_command,
    add_further_inputs,
    add_genome,
    add_name,
    add_out,
    add_outputs,
    add_quiet,
    add_ray,
    add_reading,
    add_resume,
    add_strand,
    add_table,
    add_window,
    read_config,
)
from zoo.commands.printing import Skipped, counted, tell
from zoo.errors import InputError


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "variants",
        "Predict the reference and the alternate allele of each variant, in its place "
        "in the genome, and write how the two differ: the VCF with INFO fields, or a "
        "table with a row per allele. All variants are checked before any is scored.",
        "seqzoo variants kmer_v1 --vcf all.vcf.gz --genome hg38.fa --out new.vcf.gz\n"
        "seqzoo variants kmer_v1 --table mpra.tsv --genome elements.fa --out new.tsv",
        usage="seqzoo variants NAME (--vcf FILE | --table FILE) --genome FILE ...",
    )
    add_name(parser, "release")
    group = parser.add_argument_group("what is scored")
    source = group.add_mutually_exclusive_group(required=True)
    source.add_argument("--vcf", metavar="FILE", help="variants as VCF or BCF")
    add_table(source, "variants by element, position (1-based), ref, alt, and sequence")
    add_genome(
        group, "what the variants are of, or the elements of a table without sequences"
    )
    add_outputs(group)
    add_reading(group)
    add_further_inputs(group)
    group = parser.add_argument_group("how")
    add_window(group)
    add_beyond(
        group, "an error; with --table windows are shifted into the element", None
    )
    add_strand(group, default="both")
    group.add_argument(
        "--shifts",
        metavar="BP",
        type=int,
        nargs="+",
        default=[0],
        help="move windows by so many bp, and take the mean of all (default: 0)",
    )
    group.add_argument(
        "--background",
        metavar="PATH",
        help="add percentiles among substitutions in shuffled windows of the genome: "
        "the file of their scores, which is written if it is not there, or 'shuffled' "
        "for one in the cache",
    )
    group = parser.add_argument_group("what is written, and where it is computed")
    add_out(
        group,
        "the format is its extension: .vcf.gz, .vcf, .tsv or .parquet",
        required=True,
    )
    add_batch_size(group)
    add_resume(group)
    add_ray(group, workers=2)
    add_quiet(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Scores the variants, and says on standard error what was left out."""
    if arguments.window == "full":
        raise InputError("--window full goes with seqzoo predict. Expected bp.")
    if arguments.workers is not None and arguments.ray is None:
        raise InputError("--workers goes with --ray.")
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.prediction.genome import RayCluster
    from zoo.prediction.variants import score_variants

    cluster = None
    if arguments.ray is not None:
        cluster = RayCluster(arguments.ray, arguments.workers or 2)
    made = score_variants(
        arguments.name,
        arguments.genome,
        arguments.vcf or arguments.table,
        arguments.out,
        outputs=arguments.outputs,
        background=arguments.background,
        shifts=arguments.shifts,
        strand=arguments.strand,
        window=arguments.window,
        beyond=arguments.beyond,
        on_invalid=Skipped(shown=20) if arguments.on_invalid == "drop" else "error",
        ambiguous=arguments.ambiguous,
        batch_size=arguments.batch_size,
        resume=arguments.resume,
        progress=not arguments.quiet,
        inputs=read_config(arguments.inputs, "--inputs"),
        negative=arguments.negative,
        missing=arguments.missing,
        cluster=cluster,
    )
    tell(f"{counted(made.variants, 'variant')} scored, wrote {made.path}")
    for reason, count in made.left_out.items():
        tell(f"left out: {count:,}, {reason}")
    return 0
