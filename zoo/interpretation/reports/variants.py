"""Variants, the bases of both alleles one above the other: one page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from zoo.data.examples import Examples
from zoo.data.genomes.genome import Genome
from zoo.data.sequences import batch_rows
from zoo.data.sources.rejected import OnInvalidRow
from zoo.data.sources.variants import from_variants
from zoo.errors import InputError, check_at_least
from zoo.files import progress
from zoo.files.pages import Html, table
from zoo.interpretation.explained import explained
from zoo.interpretation.motifs.motif import Motif
from zoo.interpretation.reports import page
from zoo.interpretation.reports.explainer import METHOD, Explainer
from zoo.interpretation.reports.known_motifs import KnownMotifs
from zoo.interpretation.reports.sequences import MAX_SEQUENCES
from zoo.interpretation.reports.tracks import (
    FigureRow,
    Values,
    figure,
    limits_of,
    logo_track,
    spans_track,
)
from zoo.prediction.lengths import Lengths

_ALLELES = ("reference", "alternate")
_MOST = 60  # letters of a name that are shown


def report_variants(
    model: keras.Model,
    genome: Genome | str | os.PathLike[str],
    vcf: str | os.PathLike[str],
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    method: str = METHOD,
    database: Sequence[Motif] = (),
    max_sequences: int = MAX_SEQUENCES,
    window: int | None = None,
    on_invalid: OnInvalidRow = "error",
    batch_size: int = 256,
    seed: int = 0,
) -> str:
    """A page of variants: what they change, and the bases of both alleles.

    The effect is that of the targets of `zoo.interpretation.targets.targets_of` with
    the alternate allele, less that with the reference allele: a difference of logits,
    for the models of this zoo. All variants are predicted, on the strand of the genome
    with the window around their first base, and those of the largest effect are shown.
    `zoo.score_variants` has more scores, and writes files.

    Args:
        model: Reads DNA, and nothing else.
        genome: FASTA file of the assembly that the VCF file is of.
        vcf: VCF (plain or bgzip) or BCF; needs pysam.
        outputs: As in `report_sequences`.
        reduction: Likewise.
        method: Likewise.
        database: Likewise.
        max_sequences: How many variants are shown, of those with the largest effect.
        window: Length of the windows in bp; by default that of the model's training.
        on_invalid: As in `zoo.data.from_variants`.
        batch_size: Sequences per batch.
        seed: Of the references of the contributions.

    Returns:
        HTML, as `report_sequences`.

    Raises:
        InputError: As `zoo.data.from_variants` and `zoo.contributions`; or nobody knows
            the window.
    """
    check_at_least(1, max_sequences=max_sequences)
    explainer = Explainer(model, outputs, reduction, method, seed, batch_size)
    length = Lengths(model, window).window
    if length is None:
        raise InputError(
            f"Expected window=, the bp around a variant that are read, as "
            f"{explainer.title} does not say at which length it was trained. Received: "
            "window=None"
        )
    pair = from_variants(
        genome, vcf, sequence_length=length, beyond="pad", on_invalid=on_invalid
    )
    before, after = _values(explainer, pair, length, batch_size)
    effects = after - before
    largest = np.abs(effects).max(axis=1)
    shown = np.argsort(-largest, kind="stable")[:max_sequences]
    names, columns = pair.reference.names, pair.reference.columns
    assert names is not None
    rows = [
        [
            page.link(f"variant-{row + 1}", _short(str(names[row]))),
            str(columns["id"][row] or ""),
            *effects[row].tolist(),
        ]
        for row in shown.tolist()
    ]
    figures = _figures(explainer, KnownMotifs(database, seed), pair, shown, effects)
    count, most = len(effects), len(shown)
    summary = f"{count:,} variant{'s' * (count != 1)}, {explainer.title}."
    if most < count:
        summary += f" The {most:,} with the largest effects are shown."
    dropped = pair.reference.dropped
    if dropped:
        told = ", ".join(f"{number:,} {why}" for why, number in dropped.items())
        summary += f" Left out: {told}."
    header = ["variant", "id", *(f"{name}: effect" for name in explainer.names)]
    sections: list[tuple[str, list[Html | str]]] = [
        ("Effects, alternate less reference", [table(header, rows)]),
        (
            "Bases of both alleles",
            [*page.controls(explainer.names, "largest effect of each"), *figures],
        ),
    ]
    return page.whole(f"{explainer.title}: variants", summary, sections)


def _values(
    explainer: Explainer, pair: Sequence[Examples], length: int, batch_size: int
) -> list[Values]:
    """The targets of both alleles, some variants at a time: `(variant, target)`."""
    count, step = len(pair[0]), batch_rows(batch_size, length)
    found = [np.empty((count, len(explainer.names)), np.float32) for _ in pair]
    with progress.counted(count, 0, "variants") as advance:
        for first in range(0, count, step):
            rows = np.arange(first, min(first + step, count))
            for values, examples in zip(found, pair, strict=True):
                codes = examples.sequences.gather(rows)
                values[rows] = explainer.values(codes)
            advance(len(rows))
    return found


def _figures(
    explainer: Explainer,
    known: KnownMotifs,
    pair: Sequence[Examples],
    shown: Any,
    effects: Values,
) -> list[Html]:
    """One for each variant that is shown, in their order."""
    length = pair[0].sequence_length
    codes = [
        explained(explainer.model, some.sequences.gather(shown), length).codes
        for some in pair
    ]
    both = np.concatenate(codes)
    contributed = np.split(explainer.contributions(both), 2)
    predicted = np.split(explainer.predictions(both), 2)
    profiles = explainer.profiles(both)
    spans = known.spans(both, np.concatenate(contributed), explainer.names)
    columns, names = pair[0].columns, pair[0].names
    places = pair[0].intervals
    assert names is not None and places is not None
    made = []
    for place, row in enumerate(shown.tolist()):
        tracks: dict[str, list[FigureRow]] = {}
        for target, name in enumerate(explainer.names):
            values = [some[place, :, target] for some in contributed]
            limits = limits_of(*values)
            tracks[name] = []
            for allele, title in enumerate(_ALLELES):
                which = place + allele * len(shown)
                bases = codes[allele][place]
                tracks[name] += [
                    *profiles[which][target],
                    logo_track(f"{title} allele", bases, values[allele], limits),
                ]
                if known.database:
                    sites = spans[which][target]
                    tracks[name].append(spans_track(f"{title}: motifs", sites, length))
        told = "; ".join(
            f"{column} {a:.3g} → {b:.3g}"
            for column, a, b in zip(
                explainer.columns, predicted[0][place], predicted[1][place], strict=True
            )
        )
        size = max(len(columns[allele][row]) for allele in _ALLELES)
        centre = length // 2
        made.append(
            figure(
                f"variant-{row + 1}",
                _short(str(names[row])),
                " · ".join(filter(None, (str(columns["id"][row] or ""), told))),
                tracks,
                length=length,
                first=int(places.start[row]) + 1,
                shown=int(np.abs(effects[row]).argmax()),
                marked=(centre, min(centre + size, length)),
            )
        )
    return made


def _short(name: str) -> str:
    return name if len(name) <= _MOST else f"{name[: _MOST - 1]}…"
