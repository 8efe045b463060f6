"""`zoo.score_variants`: check, read, compute, write."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

import registry
from registry.files import publish, user_path
from zoo.data.genomes.genome import Genome
from zoo.data.sources.rejected import OnInvalidRow
from zoo.data.sources.variant_records import element_sequences, is_vcf
from zoo.errors import InputError, check_at_least, check_choice
from zoo.files.inputs import STDIN
from zoo.files.output import OutputError, explained
from zoo.files.stamp import Stamp
from zoo.prediction.genome import bins, outputs as strands
from zoo.prediction.genome.calling import asked_for
from zoo.prediction.genome.computing import compute
from zoo.prediction.genome.further_inputs import NEGATIVE, FurtherInputs, plain_inputs
from zoo.prediction.genome.parts import PartsFolder
from zoo.prediction.variants import background as backgrounds, planning, writers
from zoo.prediction.variants.job import VariantJob, VariantRows, VariantSettings
from zoo.prediction.variants.scores import scores_of

if TYPE_CHECKING:
    from zoo.data.tracks.signals import Missing, Negative
    from zoo.prediction.genome.ray_cluster import RayCluster
    from zoo.prediction.variants.scoring import VariantPredictor

BEYOND = ("error", "pad", "drop", "shift")


@dataclasses.dataclass(frozen=True)
class VariantScores:
    """What `zoo.score_variants` made.

    Attributes:
        path: The file.
        variants: How many alternate alleles were scored.
        left_out: How many were not, by reason.
    """

    path: Path
    variants: int
    left_out: dict[str, int]


def score_variants(
    release: str | Path,
    genome: str | os.PathLike[str] | None,
    variants: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    outputs: str | Sequence[str] | None = None,
    background: str | os.PathLike[str] | None = None,
    shifts: int | Sequence[int] = 0,
    strand: str = "both",
    window: int | None = None,
    beyond: str | None = None,
    on_invalid: OnInvalidRow = "error",
    ambiguous: str = "error",
    batch_size: int = 256,
    part_bases: int = 1 << 24,
    resume: bool = False,
    progress: bool = False,
    inputs: Mapping[str, Any] = MappingProxyType({}),
    negative: Negative = "error",
    missing: Missing = "zero",
    cluster: RayCluster | None = None,
) -> VariantScores:
    """Scores the variants of a VCF file, or of a table, by a release's predictions.

    Each alternate allele is predicted in its place in the genome, as is the reference,
    and the two predictions are compared: which numbers that gives is said by
    `zoo.prediction.variants.scores_of`. A substitution of one base has it at
    `window // 2`. All else has the mean score of two placements, one with the bases
    left of it in their places and one with those right of it, insertions and deletions
    at the outermost place where the same change can be written: so scores do not depend
    on how a variant is written, nor, of an equivariant model, on the strand. (In a
    window of an even length one base has no middle: on the other strand it lies 1 bp
    beside.)

    All variants are read and checked before any is scored. Parts of the work are kept
    in the folder `OUT.parts`, as by `zoo.predict_genome`. Memory does not grow with the
    number of variants.

    Args:
        release: A release or its folder, as in `zoo.load`.
        genome: A FASTA file, as in `zoo.data.Genome`: of the assembly that the variants
            are of, or of the elements that a table names; None for a table with a
            column sequence.
        variants: VCF (plain or bgzip) or BCF, which needs pysam; or a table (TSV, CSV,
            Parquet) with the columns element, position (1-based), ref and alt, and
            sequence if there is no genome. An empty allele is "-".
        out: Name of the file; its extension says the format: .vcf.gz or .vcf, which is
            the VCF with INFO fields of one value per alternate allele, "." for those
            that are left out; .tsv or .parquet, a row per allele that is scored.
        outputs: Names of the release's outputs to score; all by default.
        background: Adds the percentile of each score, without its sign, among those of
            10,000 substitutions in shuffled windows of the genome: "shuffled" computes
            them once for a release and a genome and keeps them in the cache; a path
            names the file that they are read from, or written to if it is not there.
        shifts: bp by which windows are moved along the genome; scores are means over
            them. Two placements are moved in opposite ways.
        strand: The strand that is read, "+" or "-", or "both" for the mean of their
            logits. Equivariant models compute it once.
        window: Length of a window in bp, for a release that takes any; by default that
            which it was trained and measured on.
        beyond: What becomes of windows that reach beyond a contig: an "error", "pad"
            with N, "drop" the variant, or "shift" them into it. By default "error" for
            VCF and "shift" for tables, whose elements are often as long as a window.
        on_invalid: What becomes of a variant that cannot be scored: its reference
            allele is not the genome's, its alternate is symbolic, a breakend, or has
            other letters than A, C, G, T, an allele is longer than its place in the
            window, or its contig is not in the genome: "error"; "drop" leaves it out
            and counts it; a function is called with the error, too. Alleles that stand
            for no sequence (".", "*", "<*>", "<NON_REF>") are always left out and
            counted.
        ambiguous: What IUPAC letters in the genome are: "error", or "unknown" for N.
        batch_size: Windows a batch; fewer for windows of more than 2 kb.
        part_bases: bp of windows in a part, after each of which a run can continue.
        resume: Continue where an interrupted call of the same arguments stopped; begin
            if there is nothing to continue.
        progress: Show progress on standard error.
        inputs: What the model reads beside the sequence, as in `zoo.predict_genome`.
            Both alleles read the signals of the reference's window.
        negative: As in `zoo.predict_genome`; so is `missing`.
        missing: What bases without a value are.
        cluster: Compute on the workers of a Ray cluster instead of here.

    Returns:
        The file, how many variants it has scores of, and what was left out.

    Raises:
        InputError: An argument or a file cannot be used, no variant can be scored, or a
            file changed meanwhile.
        OutputError: The output cannot be written. What is done is kept.
    """
    source, final = user_path(variants), user_path(out)
    if str(variants) == STDIN:
        raise InputError("Expected a file of variants, as it is read twice. Received -")
    for path in (source, None if genome is None else user_path(genome)):
        if path is not None and path.resolve() == final.resolve():
            raise InputError(f"The output would replace the input {path}.")
    found, moves = _checked(
        release, strand, beyond, ambiguous, negative, missing, shifts
    )
    check_at_least(1, batch_size=batch_size, part_bases=part_bases, window=window)
    chosen = (outputs,) if isinstance(outputs, str) else tuple(outputs or ())
    scores_of(found, chosen)  # which checks them
    writers.form(final)
    variants_stamp, vcf = Stamp.of(source), is_vcf(str(source))
    if vcf and genome is None:
        raise InputError(
            f"{source}: VCF. Expected the genome that it is of (--genome, in Python "
            "genome=), as only a table holds its sequences."
        )
    if cluster is not None:
        cluster.check()
    import keras

    from zoo.models.loading import load
    from zoo.prediction.variants.scoring import VariantPredictor, has_bins

    model = load(str(release))
    scores = scores_of(found, chosen, profile=has_bins(model))
    names = [score.name for score in scores]
    what = [score.description for score in scores]
    if background is not None:
        names += [f"{name}_percentile" for name in names]
        what += [f"share of shuffled variants no further from 0: {w}" for w in what]
    columns = writers.VariantColumns(
        source=str(source),
        first="chrom" if vcf else "element",
        names=tuple(names),
        descriptions=tuple(what),
        prefix=found.name,
    )
    writers.check(final, columns, vcf)
    length = bins.window(model, found, window)
    if max(map(abs, moves)) >= length // 2:
        raise InputError(
            f"shifts: expected less than half a window of {length} bp. Received: "
            f"{', '.join(map(str, moves))}."
        )
    settings = VariantSettings(
        release=asked_for(release),
        release_sha256=found.sha256,
        genome="",
        genome_bytes=0,
        genome_mtime_ns=0,
        ambiguous=ambiguous,
        strand=strand,
        window=length,
        shifts=moves,
        beyond=beyond or ("error" if vcf else "shift"),
        scores=tuple(score.name for score in scores),
        outputs=chosen or None,
        batch_size=int(batch_size),
        backend=keras.backend.backend(),
        inputs=plain_inputs(inputs),
        negative=negative,
        missing=missing,
    )
    FurtherInputs(
        model, settings.inputs, negative=negative, missing=missing
    ).check_tracks({})  # before any variant is read
    folder = PartsFolder(final, "zoo.score_variants")
    with folder.opened(resume=resume):
        path = _elements(source, folder) if genome is None else user_path(genome)
        stamp = Stamp.of(path)
        settings = dataclasses.replace(
            settings,
            genome=str(path.absolute()),
            genome_bytes=stamp.size,
            genome_mtime_ns=stamp.mtime_ns,
        )
        opened_genome = _open(settings, folder.path)
        reading = planning.Reading(
            str(source), length, moves, settings.beyond, on_invalid
        )
        planned = planning.plan(reading, opened_genome, folder, part_bases)
        job = VariantJob(
            settings, folder.path, planned.rows, planned.sha256, planned.part_rows
        )
        folder.begin(job)

        @functools.cache
        def predictor() -> VariantPredictor:
            return VariantPredictor(job, model, opened_genome)

        try:
            known = None
            if background is not None:
                known = backgrounds.background(predictor(), os.fspath(background))
            compute(
                job,
                folder,
                functools.partial(opened, job),
                unit="variants",
                predictor=predictor,
                cluster=cluster,
                progress=progress,
            )
            settings.check_genome()
            changed = "Begin anew with the file as it is."
            variants_stamp.check(source, str(source), "while it was scored", changed)
            _write(folder, job, columns, [*opened_genome.contigs], known)
        except BaseException as error:
            if folder.holds_parts():
                error.add_note(folder.kept)
            raise
        folder.remove()
    return VariantScores(final, planned.rows, planned.left_out)


def opened(job: VariantJob) -> VariantPredictor:
    """The model and the genome of a job, as another process opens them."""
    from zoo.models.loading import load
    from zoo.prediction.variants.scoring import VariantPredictor

    genome = _open(job.settings, job.folder)
    return VariantPredictor(job, load(job.settings.release), genome)


def _open(settings: VariantSettings, folder: Path) -> Genome:
    """The genome; of sequences of our own no copy is kept."""
    path, ambiguous = Path(settings.genome), settings.ambiguous
    return Genome(path, cache=path.parent != folder, ambiguous=ambiguous)  # type: ignore[arg-type]


def _elements(source: Path, folder: PartsFolder) -> Path:
    """The sequences of a table as FASTA; one that is there already stays."""
    path, content = folder.path / "elements.fa", element_sequences(str(source)).encode()
    if not path.exists() or path.read_bytes() != content:
        folder.write(path, content)
    return path


def _checked(
    release: str | Path,
    strand: str,
    beyond: str | None,
    ambiguous: str,
    negative: str,
    missing: str,
    shifts: int | Sequence[int],
) -> tuple[registry.Release, tuple[int, ...]]:
    """The release, and the shifts; refuses arguments that cannot be."""
    from zoo.models.loading import refuse_withdrawn

    for name, value, allowed in (
        ("strand", strand, strands.STRANDS),
        ("beyond", beyond, (*BEYOND, None)),
        ("ambiguous", ambiguous, ("error", "unknown")),
        ("negative", negative, NEGATIVE),
        ("missing", missing, ("zero", "nan")),
    ):
        check_choice(name, value, allowed)
    found = registry.find(release)
    refuse_withdrawn(found)
    strands.check_strand(found, strand)
    moves = registry.plain([shifts] if np.isscalar(shifts) else list(shifts))  # type: ignore[arg-type]
    if not moves or not all(isinstance(move, int) for move in moves):
        raise InputError(
            f"shifts: expected whole numbers of bp, at least one. Received: {shifts!r}"
        )
    return found, tuple(moves)


def _write(
    folder: PartsFolder,
    job: VariantJob,
    columns: writers.VariantColumns,
    contigs: list[str],
    known: backgrounds.ShuffledVariants | None,
) -> None:
    def blocks() -> Iterator[writers.VariantBlock]:
        for part in range(job.parts):
            values = np.load(folder.file(part), allow_pickle=False)
            if known is not None:
                values = np.concatenate([values, known.percentiles(values)], axis=1)
            rows = VariantRows.read(job.file(part))
            yield writers.VariantBlock(rows, [contigs[i] for i in rows.contig], values)

    made = folder.path / "final"
    with explained(str(folder.out), folder.kept):
        try:
            writers.write(made, folder.out, columns, blocks())
        except OutputError as error:
            raise OutputError(f"{folder.out}: {error} {folder.kept}") from None
        publish(made, folder.out.resolve())
