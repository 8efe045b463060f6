"""Sequences, what a model says of them, and the bases why: one page."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from zoo.errors import check_at_least
from zoo.files import progress
from zoo.files.pages import Html, table
from zoo.interpretation.explained import in_window
from zoo.interpretation.motifs.motif import Motif
from zoo.interpretation.reports import page
from zoo.interpretation.reports.explainer import METHOD, Explainer
from zoo.interpretation.reports.given import Given, given
from zoo.interpretation.reports.known_motifs import MatchedMotif, motif_table
from zoo.interpretation.reports.tracks import figure
from zoo.models.inputs import Constants
from zoo.prediction.lengths import Lengths

#: A page is for looking at; `zoo.predict` predicts all.
MAX_SEQUENCES = 50


def report_sequences(
    model: keras.Model,
    sequences: Any,
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    method: str = METHOD,
    database: Sequence[Motif] = (),
    mutagenesis: bool = True,
    max_sequences: int = MAX_SEQUENCES,
    window: int | str | None = None,
    batch_size: int = 256,
    seed: int = 0,
) -> str:
    """A page of predictions, contributions, substitutions and motifs.

    Args:
        model: Reads DNA, and nothing else.
        sequences: As `zoo.predict` takes them, of any lengths that the model takes.
        outputs: What is explained, as in `zoo.contributions`; all of them by default.
        reduction: Of a profile, as there.
        method: Of the contributions, as there.
        database: Motifs to name others by, such as `zoo.samples.jaspar()`; needs
            memelite.
        mutagenesis: Whether there are heat maps of what mutations change, which take
            longest: minutes for each sequence of some kb on a CPU.
        max_sequences: How many are read and shown; the page says if there are more.
        window: As in `zoo.predict`.
        batch_size: Sequences per batch.
        seed: Of the references of the contributions.

    Returns:
        HTML, self-contained: one script of ours, and nothing is fetched.

    Raises:
        InputError: As `zoo.contributions`; or no sequence.
    """
    check_at_least(1, max_sequences=max_sequences)
    some = given(sequences, max_sequences)
    explainer = Explainer(model, outputs, reduction, method, database, seed, batch_size)
    made = _Page(explainer, some, mutagenesis, Lengths(model, window))
    with progress.counted(len(some.records), 0, "sequences") as advance:
        for places in some.groups():
            made.add(places)
            advance(len(places))
    return made.html()


class _Page:
    """Gathers sequences of one length after the other."""

    def __init__(
        self, explainer: Explainer, some: Given, mutagenesis: bool, lengths: Lengths
    ) -> None:
        self._explainer, self._given, self._lengths = explainer, some, lengths
        self._others = Constants(explainer.model, {})
        self._mutagenesis = mutagenesis
        count = len(some.records)
        self._figures: list[Html | str] = [""] * count
        self._rows: list[list[Any]] = [[] for _ in range(count)]
        self._learned: list[MatchedMotif] = []

    def add(self, places: list[int]) -> None:
        records = [self._given.records[place] for place in places]
        whole = np.stack([record.codes for record in records])
        model = self._explainer.model
        read = in_window(model, self._lengths, whole, self._others)
        length = read.codes.shape[1]
        found = self._explainer(read.codes, mutagenesis=self._mutagenesis, learns=True)
        self._learned += found.learned
        for row, (place, record) in enumerate(zip(places, records, strict=True)):
            where, place_in_genome = record.interval, ""
            first = read.start + 1  # on the other strand, places in the interval
            if where is not None:
                reverse = where.strand == "-"
                place_in_genome = f"{where} (-)" if reverse else str(where)
                first += 0 if reverse else where.start
            identifier = f"sequence-{place + 1}"
            link = page.link(identifier, record.name)
            self._rows[place] = [link, length, *found.predicted[row].tolist()]
            if where is not None:
                self._rows[place].insert(1, place_in_genome)
            highest = int(np.argmax(found.predicted[row]))
            told = (record.description, place_in_genome, found.caption([row], highest))
            self._figures[place] = figure(
                identifier,
                record.name,
                " · ".join(filter(None, told)),
                found.tracks({"": row}),
                length=length,
                first=first,
                shown=highest,
            )

    def html(self) -> str:
        explainer, some = self._explainer, self._given
        count = len(some.records)
        located = some.records[0].interval is not None
        header = ["name", *["interval"] * located, "bp", *explainer.columns]
        summary = f"{count:,} sequence{'s' * (count != 1)}, {explainer.title}."
        if some.has_more:
            summary += f" There are more: these are the first {count:,}."
        if not self._mutagenesis:
            summary += " Heat maps of substitutions were left out."
        if warning := self._lengths.warning():
            warnings.warn(warning, stacklevel=3)
            summary += f" {warning}"
        learned: list[Html | str] = ["None was found."]
        if self._learned:
            learned = [motif_table(self._learned)]
        return page.whole(
            f"{explainer.title}: what it sees",
            summary,
            [
                ("Predictions", [table(header, self._rows)]),
                (
                    "Bases that matter",
                    [*page.controls(explainer.names), *self._figures],
                ),
                ("Motifs that the contributions have in common", learned),
            ],
        )
