"""Variants, the bases of both alleles one above the other: one page."""

from __future__ import annotations

import csv
import heapq
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import registry
from registry.files import user_path
from zoo.data.genomes.genome import Genome
from zoo.data.sources.placed import Placed
from zoo.data.sources.rejected import OnInvalidRow
from zoo.data.sources.variant_records import is_vcf
from zoo.dna import Codes
from zoo.errors import InputError, check_at_least
from zoo.files.pages import Html, table
from zoo.interpretation.motifs.motif import Motif
from zoo.interpretation.reports import page
from zoo.interpretation.reports.explainer import METHOD, Explainer
from zoo.interpretation.reports.sequences import MAX_SEQUENCES
from zoo.interpretation.reports.tracks import figure
from zoo.models.loading import load
from zoo.prediction.genome import bins
from zoo.prediction.variants.calling import score_variants
from zoo.prediction.variants.placement import place
from zoo.prediction.variants.scores import Score, scores_of
from zoo.prediction.variants.scoring import has_bins, read_by

_MOST = 30  # letters of a contig's name, or bases of an allele, in a title
_TWO_PLACEMENTS = (
    "Insertions and deletions are drawn with the bases left of them in their places; "
    "their scores are the mean of that and of the other way round."
)


def report_variants(
    release: str | Path,
    genome: str | os.PathLike[str],
    variants: str | os.PathLike[str],
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    method: str = METHOD,
    database: Sequence[Motif] = (),
    max_sequences: int = MAX_SEQUENCES,
    strand: str = "both",
    window: int | None = None,
    beyond: str | None = None,
    on_invalid: OnInvalidRow = "error",
    ambiguous: str = "error",
    batch_size: int = 256,
    seed: int = 0,
) -> str:
    """A page of variants: what they change, and the bases of both alleles.

    The scores are those of `zoo.score_variants`, with the arguments of the same names.
    Variants of the largest log-odds difference, log fold change or other difference of
    an output that is explained are shown, with the predictions of the same strands and
    what each base contributes to them.

    Args:
        release: A release that reads DNA and nothing else, or its folder.
        genome: FASTA file of the assembly that the variants are of.
        variants: VCF (plain or bgzip) or BCF; needs pysam.
        outputs: As in `report_sequences`.
        reduction: Likewise.
        method: Likewise.
        database: Likewise.
        max_sequences: How many variants are shown, of those with the largest scores.
        strand: As in `zoo.score_variants`.
        window: Likewise.
        beyond: Likewise.
        on_invalid: Likewise.
        ambiguous: Likewise.
        batch_size: Sequences per batch.
        seed: Of the references of the contributions.

    Returns:
        HTML, as `report_sequences`.

    Raises:
        InputError: As `zoo.score_variants` and `zoo.contributions`.
    """
    check_at_least(1, max_sequences=max_sequences)
    if not is_vcf(os.fspath(user_path(variants))):
        raise InputError(
            f"{variants}: expected VCF or BCF, with its header, which begins with "
            "##fileformat=VCF."
        )
    found = registry.find(release)
    model = load(str(release))
    read = read_by(model, found, strand)
    both = read if strand == "both" and read is not model else None
    explainer = Explainer(
        model if both else read,
        *(outputs, reduction, method, database, seed, batch_size, both),
    )
    scores = _scores(explainer, scores_of(found, profile=has_bins(model)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scores.tsv")
        try:
            made = score_variants(
                release,
                genome,
                variants,
                path,
                outputs=sorted({each.label for some in scores for each in some}),
                strand=strand,
                window=window,
                beyond=beyond,
                on_invalid=on_invalid,
                ambiguous=ambiguous,
                batch_size=batch_size,
                progress=True,
            )
        except BaseException as error:
            vars(error).pop("__notes__", None)  # how to continue: the folder is gone
            raise
        shown = heapq.nlargest(max_sequences, _read(path, scores), key=_Variant.size)
    summary = f"{made.variants:,} variant{'s' * (made.variants != 1)}, {found.name}."
    if len(shown) < made.variants:
        summary += f" The {len(shown):,} with the largest effects are shown."
    if made.left_out:
        told = ", ".join(f"{number:,} {why}" for why, number in made.left_out.items())
        summary += f" Left out: {told}."
    opened = Genome(genome, ambiguous=ambiguous)  # type: ignore[arg-type]
    length = bins.window(model, found, window)
    figures = _figures(explainer, opened, shown, length, beyond)
    header = ["variant", "id", *shown[0].scores]
    rows = [
        [page.link(each.identifier, each.title), each.id, *each.scores.values()]
        for each in shown
    ]
    parts: list[Html | str] = page.controls(explainer.names, "largest effect of each")
    if any(each.is_indel for each in shown):
        parts.append(_TWO_PLACEMENTS)
    return page.whole(
        f"{found.name}: variants",
        summary,
        [
            ("Effects, alternate against reference", [table(header, rows)]),
            ("Bases of both alleles", [*parts, *figures]),
        ],
    )


class _Variant(NamedTuple):
    """A row of the table that `score_variants` writes."""

    number: int
    contig: str
    position: int  # 0-based
    id: str
    alleles: tuple[str, str]
    scores: dict[str, float]
    effects: list[float]  # of each target

    def size(self) -> tuple[float, int]:
        return max(self.effects), -self.number

    @property
    def identifier(self) -> str:
        return f"variant-{self.number + 1}"

    @property
    def is_indel(self) -> bool:
        return len(self.alleles[0]) != len(self.alleles[1])

    @property
    def title(self) -> str:
        alleles = (_short(allele) for allele in self.alleles)
        return f"{_short(self.contig)}:{self.position + 1}:{'>'.join(alleles)}"


def _scores(explainer: Explainer, known: Sequence[Score]) -> list[list[Score]]:
    """Of each target the scores of its outputs."""
    return [
        [
            score
            for score in known
            if score.head in ("", target.head) and score.channel in target.columns
        ]
        for target in explainer.targets.all
    ]


def _read(path: Path, scores: Sequence[Sequence[Score]]) -> Iterator[_Variant]:
    """The rows, each with the size of its effects on the targets."""
    names = [[score.name for score in _main(some)] for some in scores]
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        _, _, _, _, _, *header = next(lines)
        for number, row in enumerate(lines):
            contig, position, name, reference, alternate, *numbers = row
            values = dict(zip(header, map(float, numbers), strict=True))
            yield _Variant(
                number,
                contig,
                int(position) - 1,
                "" if name == "." else name,
                (reference, alternate),
                values,
                [max(abs(values[key]) for key in some) for some in names],
            )


def _main(scores: Sequence[Score]) -> Iterator[Score]:
    """Of each output the score by which variants are compared."""
    by_output: dict[str, list[Score]] = {}
    for score in scores:
        by_output.setdefault(score.label, []).append(score)
    for some in by_output.values():
        yield some[:2][-1]  # the second, if there is one, does not depend on the level


def _figures(
    explainer: Explainer,
    genome: Genome,
    shown: Sequence[_Variant],
    length: int,
    beyond: str | None,
) -> list[Html]:
    """One for each variant, in their order."""
    placed, both = _windows(genome, shown, length, beyond)
    found = explainer(both)
    made = []
    for row, variant in enumerate(shown):
        pair = {"reference: ": row, "alternate: ": row + len(shown)}
        largest = int(np.argmax(variant.effects))
        start = int(placed.position[row] - placed.start[row])
        size = max(int(placed.removed[row]), len(placed.inserted[row]))
        told = found.caption([*pair.values()], largest)
        made.append(
            figure(
                variant.identifier,
                variant.title,
                " · ".join(filter(None, (variant.id, told))),
                found.tracks(pair),
                length=length,
                first=int(placed.start[row]) + 1,
                shown=largest,
                marked=(max(start, 0), min(start + size, length)),
            )
        )
    return made


def _windows(
    genome: Genome, shown: Sequence[_Variant], length: int, beyond: str | None
) -> tuple[Placed, Codes]:
    """Where variants lie, and all references, then all alternates, around them."""
    placed = place(
        genome,
        genome.contig_numbers([each.contig for each in shown]),
        np.array([each.position for each in shown]),
        [each.alleles for each in shown],
        window=length,
        shifts=(0,),
        beyond=beyond or "error",
    )
    placed = placed.subset(np.unique(placed.row, return_index=True)[1])
    reference = placed.reference(genome, length)
    return placed, np.concatenate([reference, placed.alternate(genome, reference)])


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
