"""seqzoo predict --genome: a genome in tiles -> tracks."""

from __future__ import annotations

import argparse
import sys
from pathlib import PurePath

import registry
from zoo.commands.predict_windows import positive
from zoo.errors import InputError

# What a table is not either, besides the formats of tracks.
_NOT_TSV = {".csv", ".gz", ".bgz", ".xlsx"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that go with --genome."""
    group = parser.add_argument_group(
        "with --genome",
        "tracks along a genome or the intervals of --bed; the format is the extension "
        "of --out: .bw (one file per output), .tsv, .h5, .parquet",
    )
    own = [
        group.add_argument(
            "--contigs", metavar="NAME", nargs="+", help="only these (default: all)"
        ),
        group.add_argument(
            "--strand",
            choices=("+", "-", "both"),
            default="+",
            help="the strand that is read, or the mean of both (default: +)",
        ),
        group.add_argument(
            "--skip-unknown",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="leave out windows that are all N (default), or predict them, too",
        ),
        group.add_argument(
            "--ambiguous",
            choices=("error", "unknown"),
            default="error",
            help="what IUPAC letters are: an error, or N (default: error)",
        ),
        group.add_argument(
            "--jit-compile",
            action=argparse.BooleanOptionalAction,
            help="compile with XLA (TensorFlow), or do not (default: on long runs what "
            "is measured to be faster; last digits differ)",
        ),
        group.add_argument(
            "--resume", action="store_true", help="continue after an interruption"
        ),
        group.add_argument(
            "--ray",
            metavar="ADDRESS",
            help="compute on a Ray cluster; 'local' starts one here",
        ),
        group.add_argument(
            "--workers",
            metavar="N",
            type=positive,
            help="workers on the cluster (default: 2)",
        ),
    ]
    # What each is without being given, for `check_arguments`.
    parser.set_defaults(genome_only={each.dest: each.default for each in own})


def check_arguments(arguments: argparse.Namespace) -> None:
    """Refuses what only --genome takes without it, and the reverse.

    Raises:
        InputError: Such an argument.
    """
    if arguments.genome is None:
        own = arguments.genome_only.items()
        given = [name for name, value in own if getattr(arguments, name) != value]
        if given:
            no = "no-" if getattr(arguments, given[0]) is False else ""
            option = f"--{no}{given[0].replace('_', '-')}"
            raise InputError(f"{option} goes with --genome.")
        _check_table(arguments.out)
        return
    if arguments.window == "full" or arguments.centre is not None:
        what = "--window full" if arguments.window == "full" else "--centre"
        raise InputError(f"{what} does not go with --genome, which is cut into tiles.")
    if arguments.on_invalid == "drop":
        raise InputError("--on-invalid drop does not go with --genome.")
    if arguments.out == "-":
        raise InputError("--genome needs --out, a file whose extension is the format.")
    if arguments.workers is not None and arguments.ray is None:
        raise InputError("--workers goes with --ray.")


def _check_table(out: str) -> None:
    """A table under the name of another format would be read as that by programs."""
    from zoo.prediction.genome.writers import FORMATS

    suffix = PurePath(out).suffix.lower()
    if suffix in (FORMATS.keys() | _NOT_TSV) - {".tsv"}:
        tracks = " Tracks go with --genome." * (suffix in FORMATS)
        raise InputError(
            f"{out}: expected a name that ends in .tsv, as what is written is tabs and "
            f"plain text. Received: {suffix}.{tracks}"
        )


def run(arguments: argparse.Namespace) -> int:
    """Predicts the genome and says on standard error what was written."""
    from zoo.commands.quiet import quiet_import
    from zoo.prediction.genome import RayCluster, predict_genome

    quiet_import()
    cluster = None
    if arguments.ray is not None:
        cluster = RayCluster(arguments.ray, arguments.workers or 2)
    made = predict_genome(
        arguments.name,
        arguments.genome,
        arguments.out,
        bed=arguments.bed,
        contigs=arguments.contigs,
        step=arguments.step,
        window=arguments.window,
        strand=arguments.strand,
        beyond=arguments.beyond,
        skip_unknown=arguments.skip_unknown,
        ambiguous=arguments.ambiguous,
        logits=arguments.logits,
        batch_size=arguments.batch_size,
        jit_compile=arguments.jit_compile,
        resume=arguments.resume,
        progress=True,
        cluster=cluster,
    )
    _tell(arguments)
    files = " ".join(str(path) for path in made.paths)
    print(f"seqzoo: {made.windows:,} windows, wrote {files}", file=sys.stderr)
    return 0


def _tell(arguments: argparse.Namespace) -> None:
    """Says so where windows are not as long as the training's sequences."""
    release = registry.find(arguments.name)
    trained = release.input.training_length
    if None not in (trained, arguments.window) and trained != arguments.window:
        print(
            f"seqzoo: {release.name} was trained and measured on {trained} bp. Its "
            f"windows have {arguments.window} bp, {arguments.window / trained:.2g} "
            "times as many: what was measured does not hold for them.",
            file=sys.stderr,
        )
