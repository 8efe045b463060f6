"""What a model says of sequences of one length, and why, as rows of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zoo.dna import Codes
from zoo.interpretation.reports.known_motifs import MatchedMotif
from zoo.interpretation.reports.tracks import (
    FigureRow,
    Span,
    Values,
    curve_track,
    heat_track,
    limits_of,
    logo_track,
    spans_track,
)

_IN_CAPTION = 3  # outputs; of more one


@dataclass(frozen=True, eq=False)
class Profile:
    """The profiles that one target is made of.

    Attributes:
        title: What they are.
        values: `(sequence, bin)`.
        offset: Of the first bin, in bases.
        bin_size: Bases of a bin.
    """

    title: str
    values: Values
    offset: int
    bin_size: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation:
    """Of several sequences, by an `Explainer`.

    Attributes:
        names: Of the targets.
        columns: What `predicted` are, with their units.
        method: Of the contributions.
        codes: uint8 `(sequence, position)`.
        predicted: `(sequence, target)`.
        contributed: `(sequence, position, target)`.
        effects: `(sequence, position, base, target)` of substitutions, if computed.
        profiles: By the place of the target; of those that have one.
        learned: Motifs that the contributions have in common.
        spans: Of each sequence and target where motifs lie; None if nobody looked.
    """

    names: Sequence[str]
    columns: Sequence[str]
    method: str
    codes: Codes
    predicted: Values
    contributed: Values
    effects: Values | None
    profiles: Mapping[int, Profile]
    learned: Sequence[MatchedMotif]
    spans: Sequence[Sequence[Sequence[Span]]] | None

    def caption(self, rows: Sequence[int], shown: int) -> str:
        """What is predicted of one sequence, or of several, one after the other.

        Args:
            rows: Of which.
            shown: The target that is said where there are many.
        """
        every = range(len(self.names))
        return ", ".join(
            f"{self.columns[target]} "
            + " \N{RIGHTWARDS ARROW} ".join(
                f"{self.predicted[row, target]:.3g}" for row in rows
            )
            for target in (every if len(every) <= _IN_CAPTION else [shown])
        )

    def tracks(self, rows: Mapping[str, int]) -> dict[str, list[FigureRow]]:
        """By target what sequences have, one above the other, on one scale.

        Args:
            rows: Of which, by what their titles begin with.
        """
        return {
            name: self._tracks(target, rows) for target, name in enumerate(self.names)
        }

    def _tracks(self, target: int, rows: Mapping[str, int]) -> list[FigureRow]:
        values = {row: self.contributed[row, :, target] for row in rows.values()}
        limits, profile = limits_of(*values.values()), self.profiles.get(target)
        length, found = self.codes.shape[1], []
        for before, row in rows.items():
            if profile is not None:
                both = limits_of(*(profile.values[other] for other in rows.values()))
                found.append(
                    curve_track(
                        f"{before}{profile.title}",
                        profile.values[row],
                        length,
                        profile.offset,
                        profile.bin_size,
                        both,
                    )
                )
            title = f"{before}contributions ({self.method})"
            found.append(logo_track(title, self.codes[row], values[row], limits))
            if self.effects is not None:
                title = f"{before}a mutation changes it by"
                effects = self.effects[row, ..., target]
                found.append(heat_track(title, self.codes[row], effects))
            if self.spans is not None:
                spans = self.spans[row][target]
                found.append(spans_track(f"{before}motifs", spans, length))
        return found
