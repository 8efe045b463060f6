"""seqzoo predict --genome: a genome in tiles -> tracks."""

from __future__ import annotations

import argparse
from pathlib import PurePath

import registry
from zoo.commands.options import (
    add_further_inputs,
    add_ray,
    add_resume,
    add_strand,
    read_config,
)
from zoo.commands.printing import counted, tell
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
    group.add_argument(
        "--contigs", metavar="NAME", nargs="+", help="only these (default: all)"
    )
    add_strand(group, default="+")
    group.add_argument(
        "--skip-unknown",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="leave out windows that are all N (default), or predict them, too",
    )
    group.add_argument(
        "--jit-compile",
        action=argparse.BooleanOptionalAction,
        help="compile with XLA (TensorFlow), or do not (default: on long runs what is "
        "measured to be faster; last digits differ)",
    )
    add_resume(group)
    add_further_inputs(group)
    add_ray(group, workers=2)


# What each is without being given.
_GENOME_ONLY = {
    "contigs": None,
    "strand": "+",
    "skip_unknown": True,
    "jit_compile": None,
    "resume": False,
    "ray": None,
    "workers": None,
    "negative": "error",
    "missing": "zero",
}


def check_arguments(arguments: argparse.Namespace) -> None:
    """Refuses what only --genome takes without it, and the reverse.

    Raises:
        InputError: Such an argument.
    """
    if arguments.genome is None:
        for name, default in _GENOME_ONLY.items():
            value = getattr(arguments, name)
            if value != default:
                option = ("no-" if value is False else "") + name.replace("_", "-")
                raise InputError(f"--{option} goes with --genome.")
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

    _tell(arguments)
    quiet_import()
    from zoo.prediction.genome import RayCluster, predict_genome

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
        head=arguments.head,
        inputs=read_config(arguments.inputs, "--inputs"),
        negative=arguments.negative,
        missing=arguments.missing,
        cluster=cluster,
    )
    files = " ".join(str(path) for path in made.paths)
    tell(f"{counted(made.windows, 'window')}, wrote {files}")
    return 0


def _tell(arguments: argparse.Namespace) -> None:
    """Says how long windows are, where the release takes any length."""
    release = registry.find(arguments.name)
    trained, window = release.input.training_length, arguments.window
    if trained is None or release.input.sequence_length is not None:
        return
    if window is None:
        tell(
            f"windows of {trained} bp, the length that {release.name} was trained and "
            "measured on; --window takes another"
        )
    elif window != trained:
        tell(
            f"{release.name} was trained and measured on {trained} bp. Its windows "
            f"have {window} bp, {window / trained:.2g} times as many: what was "
            "measured does not hold for them."
        )
