"""From what the user asks for to a job: regions, geometry, parts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import registry
from registry.files import user_path
from zoo.data.contigs import missing_contigs, on_contigs
from zoo.data.genomes.genome import Genome
from zoo.data.intervals.tables import read_interval_table
from zoo.data.sequences import batch_rows
from zoo.data.sources.rejected import Rejected
from zoo.errors import InputError
from zoo.files.inputs import STDIN, Input
from zoo.files.stamp import Stamp
from zoo.prediction.genome import bins, outputs, tiles, writers
from zoo.prediction.genome.further_inputs import FurtherInputs
from zoo.prediction.genome.job import Job, Settings, part_tiles
from zoo.prediction.genome.writers.track import Track

if TYPE_CHECKING:
    import keras

    from zoo.data.tracks.signals import Missing, Negative


@dataclass(frozen=True)
class Request:
    """The arguments of `zoo.predict_genome` that say what is computed."""

    release: str
    genome: Path
    out: Path
    step: int | None
    window: int | None
    strand: str
    beyond: str
    skip_unknown: bool
    ambiguous: str
    logits: bool
    batch_size: int
    jit_compile: bool | None
    part_bases: int
    head: str | None
    inputs: dict[str, Any]
    negative: Negative
    missing: Missing

    def __post_init__(self) -> None:
        """Numbers of NumPy become Python's own, as they are written to JSON."""
        for name, value in vars(self).items():
            object.__setattr__(self, name, registry.plain(value))


class Regions(NamedTuple):
    """What to predict: contigs by name, or intervals by contig number."""

    contigs: Sequence[str] | None
    intervals: tuple[tiles.Integers, tiles.Integers, tiles.Integers] | None


class PlannedJob(NamedTuple):
    """A job, its model, and what the files say beside the values."""

    job: Job
    model: keras.Model
    track: Track


def read_regions(
    request: Request, bed: Input | None, contigs: str | Sequence[str] | None
) -> tuple[Genome, Regions]:
    """Opens the genome and reads what to predict of it.

    Raises:
        InputError: A file cannot be read, a contig is not in the genome, or an
            interval reaches beyond its end.
    """
    if isinstance(bed, (str, os.PathLike)) and bed != STDIN:
        bed_path = user_path(bed)
        if bed_path.resolve() == request.out.resolve():
            raise InputError(f"The output would replace the input {bed_path}.")
    genome = Genome(request.genome, ambiguous=request.ambiguous)  # type: ignore[arg-type]
    writers.check_contigs(request.out, genome.contigs)
    if contigs is not None:
        # Of a series, too.
        contigs = [contigs] if isinstance(contigs, str) else list(contigs)
        if not contigs:
            raise InputError("Expected at least one contig. Received none.")
        missing = [name for name in contigs if name not in genome.contigs]
        if missing:
            source, known = str(request.genome), genome.contigs
            message = missing_contigs(missing, known, source, len(contigs), "contigs")
            raise InputError(f"The chosen contigs: {message}")
    if bed is None:
        return genome, Regions(contigs, None)
    return genome, Regions(contigs, _intervals(genome, bed, contigs))


def _intervals(
    genome: Genome, bed: Input, contigs: Sequence[str] | None
) -> tuple[tiles.Integers, tiles.Integers, tiles.Integers]:
    rejected = Rejected("error")
    table = read_interval_table(bed, rejected=rejected)
    found = table.intervals
    on_contigs(found.chrom, table.where, genome.contigs, str(genome.path), rejected)
    lengths = np.array([*genome.contigs.values()])[genome.contig_numbers(found.chrom)]
    for row in np.flatnonzero(found.end > lengths)[:1].tolist():
        raise InputError(
            f"{table.where(row)}: expected an end within {found.chrom[row]}, which has "
            f"{lengths[row]} bp in {genome.path}. Received: end {found.end[row]}. Is "
            "it the same assembly?"
        )
    if contigs is not None:
        found = found.subset(np.flatnonzero(np.isin(found.chrom, contigs)))
    if not len(found):
        raise InputError(
            f"No interval lies on the chosen contigs ({', '.join(contigs or ())})."
        )
    return genome.contig_numbers(found.chrom), found.start, found.end


def plan(
    request: Request,
    release: registry.Release,
    genome: Genome,
    regions: Regions,
    workers: int = 1,
) -> PlannedJob:
    """Loads the model and lays its windows along the genome.

    Args:
        request: What is asked for.
        release: The release that it names, with the outputs of the head alone.
        genome: Of `read_regions`; so are the regions.
        regions: What to predict.
        workers: Machines that share the work.

    Raises:
        InputError: The window or the step do not fit the model, or no window fits
            into any contig.
    """
    import keras

    from zoo.models.loading import load

    stamp = Stamp.of(request.genome)
    model = outputs.of_head(load(request.release), request.head)
    further = FurtherInputs(  # which checks them
        model, request.inputs, negative=request.negative, missing=request.missing
    )
    shape = _geometry(request, release, model)
    count = len(release.outputs)
    if regions.intervals is None:
        tiling = tiles.whole_contigs(
            shape, genome.contigs, regions.contigs, request.beyond
        )
    else:
        tiling = tiles.regions(
            shape, genome.contigs, *regions.intervals, request.beyond
        )
    if not len(tiling):
        chosen = regions.contigs or genome.contigs
        longest = max(genome.contigs[name] for name in chosen)
        pad = " Pad the edges (--beyond pad, in Python beyond='pad')."
        raise InputError(
            f"No window of {shape.window} bp lies within what is to be predicted (the "
            f"longest contig has {longest} bp).{pad * (request.beyond == 'drop')}"
        )
    # Not when the run comes to the contig, hours later.
    lengths = [*genome.contigs.items()]
    further.check_tracks(dict(lengths[i] for i in np.unique(tiling.contig)))
    settings = Settings(
        release=request.release,
        release_sha256=release.sha256,
        genome=str(request.genome.absolute()),
        genome_bytes=stamp.size,
        genome_mtime_ns=stamp.mtime_ns,
        ambiguous=request.ambiguous,
        strand=request.strand,
        logits=request.logits,
        skip_unknown=request.skip_unknown,
        batch_size=request.batch_size,
        jit_compile=_jit_compile(
            request, release, model, shape.window, len(tiling) // workers
        ),
        backend=keras.backend.backend(),
        head=request.head,
        inputs=request.inputs,
        negative=request.negative,
        missing=request.missing,
    )
    job = Job(settings, tiling, count, part_tiles(tiling, count, request.part_bases))
    return PlannedJob(job, model, _track(request, release, genome, shape))


def _jit_compile(
    request: Request,
    release: registry.Release,
    model: keras.Model,
    window: int,
    windows: int,
) -> bool:
    if request.jit_compile is not None:
        return request.jit_compile
    from zoo.prediction.genome.compiling import xla_pays

    return xla_pays(
        outputs.stranded(model, release, request.strand),
        None if request.logits else outputs.activation(release),
        rows=batch_rows(request.batch_size, window),
        window=window,
        windows=windows,
    )


def _geometry(
    request: Request, release: registry.Release, model: keras.Model
) -> tiles.Geometry:
    window = bins.window(model, release, request.window)
    return bins.geometry(model, release, window, request.step)


def _track(
    request: Request,
    release: registry.Release,
    genome: Genome,
    shape: tiles.Geometry,
) -> Track:
    return Track(
        contigs=genome.contigs,
        columns=tuple(outputs.column(o, request.logits) for o in release.outputs),
        outputs=tuple(output.name for output in release.outputs),
        units=tuple(outputs.units(o, request.logits) for o in release.outputs),
        bin_size=shape.bin_size,
        attributes={
            "release": release.name,
            "release_sha256": release.sha256,
            "genome": request.genome.name,
            "strand": request.strand,
            "beyond": request.beyond,
            "window": shape.window,
            "step": shape.step,
        },
    )
