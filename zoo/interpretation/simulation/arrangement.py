"""Motifs in a row, at given distances and on given strands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError
from zoo.interpretation.motifs import Motif

STRANDS = "+-."


@dataclass(frozen=True)
class Arrangement:
    """One or more motifs that are placed as one piece.

    Args:
        motifs: From left to right on the arrangement's own strand.
        distances: Between each motif and the next, in bp from the end of one to
            the start of the other: a number, or several of which one is drawn for
            each sequence, all equally likely.
        strands: Of each motif within the arrangement: "+", "-", or "." for
            either, drawn for each sequence. One for all motifs may be given.
        strand: Of the whole arrangement in the sequence, likewise; on "-" the order
            of the motifs is the reverse and each stands on its other strand.

    Raises:
        InputError: No motif, another number of distances or strands, a negative
            distance, or a strand that is none of these.
    """

    motifs: tuple[Motif, ...]
    distances: tuple[tuple[int, ...], ...] = ()
    strands: str = "+"
    strand: str = "."

    def __init__(
        self,
        motifs: Motif | Sequence[Motif],
        distances: Sequence[int | Sequence[int]] = (),
        *,
        strands: str = "+",
        strand: str = ".",
    ) -> None:
        motifs = (motifs,) if isinstance(motifs, Motif) else tuple(motifs)
        choices = tuple(
            (d,) if isinstance(d, int | np.integer) else tuple(d) for d in distances
        )
        strands = strands * len(motifs) if len(strands) == 1 else strands
        if not motifs or len(choices) != len(motifs) - 1 or len(strands) != len(motifs):
            raise InputError(
                "Expected at least one motif, a distance between each motif and the "
                "next, and one strand for all or for each. Received: "
                f"{len(motifs)} motifs, {len(choices)} distances, strands={strands!r}."
            )
        if any(not choice or min(choice) < 0 for choice in choices):
            raise InputError(
                "Expected distances of 0 bp or more between the ends of motifs, so "
                f"that they do not overlap. Received: {distances!r}."
            )
        if len(strand) != 1 or not set(strands + strand) <= set(STRANDS):
            raise InputError(
                'Expected strands "+", "-" or "." (either). Received: '
                f"strands={strands!r}, strand={strand!r}."
            )
        object.__setattr__(self, "motifs", motifs)
        object.__setattr__(self, "distances", choices)
        object.__setattr__(self, "strands", strands)
        object.__setattr__(self, "strand", strand)

    @property
    def max_width(self) -> int:
        """The most bp that it can take."""
        return sum(m.width for m in self.motifs) + sum(map(max, self.distances))


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the motifs of an arrangement lie in its piece, for many sequences.

    Attributes:
        width: (sequence,) bp of the piece.
        start: (sequence, motif) of each motif within the piece.
        reverse: (sequence, motif) whether it stands on the minus strand.
    """

    width: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    reverse: npt.NDArray[np.bool_]


def draw_layout(
    arrangement: Arrangement, num_sequences: int, generator: np.random.Generator
) -> Layout:
    """Draws distances and strands for so many sequences."""
    widths = np.array([motif.width for motif in arrangement.motifs])
    start = np.zeros((num_sequences, len(widths)), np.int64)
    for index, choice in enumerate(arrangement.distances):
        distance = generator.choice(np.array(choice), num_sequences)
        start[:, index + 1] = start[:, index] + widths[index] + distance
    width = start[:, -1] + widths[-1]
    reverse = np.stack(
        [draw_strand(s, num_sequences, generator) for s in arrangement.strands], axis=1
    )
    turned = draw_strand(arrangement.strand, num_sequences, generator)[:, None]
    mirrored = width[:, None] - start - widths
    return Layout(width, np.where(turned, mirrored, start), reverse ^ turned)


def draw_strand(
    strand: str, num_sequences: int, generator: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Whether each of so many is on the minus strand; drawn for "." only."""
    if strand == ".":
        return generator.random(num_sequences) < 0.5
    return np.full(num_sequences, strand == "-")
