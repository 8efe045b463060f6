"""`zoo.predict_genome`: check, plan, compute, assemble."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import registry
from registry.files import user_path
from zoo.errors import check_at_least, check_choice
from zoo.files.inputs import Input
from zoo.prediction.genome import outputs, writers
from zoo.prediction.genome.assembly import assemble, rehearse
from zoo.prediction.genome.computing import compute
from zoo.prediction.genome.further_inputs import NEGATIVE, plain_inputs
from zoo.prediction.genome.job import GenomePrediction, Job
from zoo.prediction.genome.parts import PartsFolder
from zoo.prediction.genome.planning import PlannedJob, Request, plan, read_regions

if TYPE_CHECKING:
    from zoo.data.genomes.genome import Genome
    from zoo.data.tracks.signals import Missing, Negative
    from zoo.prediction.genome.ray_cluster import RayCluster
    from zoo.prediction.genome.running import PartPredictor


def predict_genome(
    release: str | Path,
    genome: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    bed: Input | None = None,
    contigs: str | Sequence[str] | None = None,
    step: int | None = None,
    window: int | None = None,
    strand: str = "+",
    beyond: str = "pad",
    skip_unknown: bool = True,
    ambiguous: str = "error",
    logits: bool = False,
    batch_size: int = 256,
    jit_compile: bool | None = None,
    part_bases: int = 1 << 24,
    resume: bool = False,
    progress: bool = False,
    head: str | None = None,
    inputs: Mapping[str, Any] = MappingProxyType({}),
    negative: Negative = "error",
    missing: Missing = "zero",
    cluster: RayCluster | None = None,
) -> GenomePrediction:
    """Predicts a genome, or regions of it, as tracks.

    Each contig is cut into tiles of `step` bp, and each tile is predicted by the window
    that has it in its center. What a window predicts once is one bin: the tile itself
    for a model with one prediction per sequence, or the bins of a profile. So every bin
    is predicted once, by the window most central to it, and regions get the values
    that the whole genome would give them.

    Parts of the work are kept in the folder `OUT.parts` until all is done, and the
    files appear under their names when they are whole. After an interruption of any
    kind, the same call with `resume` continues; the files are those of a run that was
    not interrupted. Memory does not grow with the genome.

    Args:
        release: A release or its folder, as in `zoo.load`.
        genome: A FASTA file, as in `zoo.data.Genome`.
        out: Name of the file; its extension says the format: .bw (or .bigwig; with
            several outputs `X.OUTPUT.bw` each), .tsv, .h5 (or .hdf5), .parquet.
        bed: A BED file: predict only the bins that overlap its intervals. Their
            strands are ignored.
        contigs: Names of the contigs to predict; all by default.
        step: Length of a tile in bp, up to what a window predicts, which is the
            default. For profiles a multiple of the bin size.
        window: Length of a window in bp, for a release that takes any; by
            default that which it was trained and measured on.
        strand: "+"; "-" for the prediction of the reverse complement in the places of
            the + strand, stranded outputs swapped; "both" for the mean of the two,
            taken of the logits.
        beyond: What becomes of windows that reach beyond a contig: "pad" fills them
            with N, "drop" leaves their tiles out.
        skip_unknown: Leave tiles out whose window is all N.
        ambiguous: What IUPAC letters in the genome are: "error", or "unknown" for N.
        logits: Write the model's raw output instead of applying the activation that
            the release names.
        batch_size: Windows a batch; fewer for windows of more than 2 kb.
        jit_compile: Use XLA on TensorFlow, as in `zoo.predict`. None measures, for
            runs of over five minutes, which is faster, and keeps to it if the run is
            continued; the last digits of the two differ.
        part_bases: bp of windows in a part, after each of which a run can continue.
        resume: Continue where an interrupted call of the same arguments stopped; begin
            if there is nothing to continue.
        progress: Show progress on standard error.
        head: Of a model with several outputs, the name of the one to write;
            "expected_reads" of one as bpnet, see `zoo.prediction.expected_reads`.
        inputs: What the model reads beside the sequence, by name: bigWig files, one a
            channel, or a number or an array that holds everywhere.
        negative: What values below 0 in these files are: an "error", as training may
            have read them so or so; "absolute" for their magnitude (reads of the minus
            strand are often written so), or "keep", as they are.
        missing: What bases without a value in these files are: "zero", or "nan" for
            models that know it; as in `zoo.data.read_signals`.
        cluster: Compute on the workers of a Ray cluster instead of here.

    Returns:
        The files written.

    Raises:
        InputError: An argument, the BED or the FASTA file cannot be used; the folder
            of parts is another run's; or the genome changed meanwhile.
        OutputError: The output cannot be written, or the disk is full. What is done
            is kept.
    """
    request = Request(
        asked_for(release),
        user_path(genome),
        user_path(out),
        step=step,
        window=window,
        strand=strand,
        beyond=beyond,
        skip_unknown=skip_unknown,
        ambiguous=ambiguous,
        logits=logits,
        batch_size=batch_size,
        jit_compile=jit_compile,
        part_bases=part_bases,
        head=head,
        inputs=plain_inputs(inputs),
        negative=negative,
        missing=missing,
    )
    # What needs no Keras is checked before it is imported.
    found = _checked(request)
    if cluster is not None:
        cluster.check()
    folder = PartsFolder(request.out)
    with folder.opened(resume=resume):
        if request.jit_compile is None:
            before = folder.recorded("jit_compile")
            request = dataclasses.replace(request, jit_compile=before)
        genome_opened, regions = read_regions(request, bed, contigs)
        workers = 1 if cluster is None else cluster.workers
        planned = plan(request, found, genome_opened, regions, workers)
        job = planned.job
        rehearse(folder, planned.track)
        folder.begin(job)
        try:
            _compute(planned, genome_opened, folder, cluster, progress)
            job.settings.check_genome()
            files = assemble(folder, job, planned.track)
        except BaseException as error:
            if folder.holds_parts():
                error.add_note(folder.kept)
            raise
        folder.remove()
    return GenomePrediction(files, len(job.tiling))


def asked_for(release: str | Path) -> str:
    """A folder by its full path, as workers may have another current one."""
    if not isinstance(release, (str, Path)):
        registry.find(release)  # which says what is expected
    text = str(release)
    if isinstance(release, Path) or ("/" in text and user_path(text).is_dir()):
        return str(user_path(release).absolute())
    return text


def opened(job: Job) -> PartPredictor:
    """The model and the genome of a job, as another process opens them."""
    from zoo.data.genomes.genome import Genome
    from zoo.models.loading import load
    from zoo.prediction.genome.running import PartPredictor

    settings = job.settings
    genome = Genome(settings.genome, ambiguous=settings.ambiguous)  # type: ignore[arg-type]
    return PartPredictor(job, load(settings.release), genome)


def _compute(
    planned: PlannedJob,
    genome: Genome,
    folder: PartsFolder,
    cluster: RayCluster | None,
    progress: bool,
) -> None:
    """Makes the parts that are missing."""
    job = planned.job

    def predictor() -> PartPredictor:
        from zoo.prediction.genome.running import PartPredictor

        return PartPredictor(job, planned.model, genome)

    compute(
        job,
        folder,
        functools.partial(opened, job),
        unit="windows",
        predictor=predictor,
        speed=lambda rate: speed(rate, job.tiling.geometry.step),
        cluster=cluster,
        progress=progress,
    )


def speed(rate: float, step: int) -> str:
    """Windows and bp per second, for windows that stand for `step` bp each."""
    bases = rate * step
    unit, size = next(
        (u, s) for u, s in (("Mb", 1e6), ("kb", 1e3), ("bp", 1)) if bases >= s or s == 1
    )
    return f"{rate:,.0f} windows/s, {bases / size:,.1f} {unit}/s"


def _checked(request: Request) -> registry.Release:
    """The release; refuses arguments that cannot be.

    Raises:
        InputError: One of them.
    """
    from zoo.models.loading import refuse_withdrawn

    for name, value, allowed in (
        ("strand", request.strand, outputs.STRANDS),
        ("beyond", request.beyond, ("pad", "drop")),
        ("ambiguous", request.ambiguous, ("error", "unknown")),
        ("negative", request.negative, NEGATIVE),
        ("missing", request.missing, ("zero", "nan")),
    ):
        check_choice(name, value, allowed)
    check_at_least(1, batch_size=request.batch_size, part_bases=request.part_bases)
    check_at_least(1, window=request.window, step=request.step)
    found = registry.find(request.release)
    refuse_withdrawn(found)
    found = outputs.with_head(found, request.head)
    names = tuple(output.name for output in found.outputs)
    writers.paths(request.out, names)
    outputs.check_strand(found, request.strand)
    if not request.logits:
        outputs.activation(found)
    return found
