"""Contributions -> seqlets (short stretches that matter) -> motifs of like ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, UNKNOWN, Codes, check_codes
from zoo.errors import InputError, check_at_least
from zoo.interpretation.motifs.motif import Matrix, Motif

_FLANK = 5  # bp on both sides of a seqlet that its motif has, too
_ROUNDS = 3  # of aligning a motif's seqlets to their mean


@dataclass(frozen=True, eq=False, repr=False)
class LearnedMotif:
    """A motif that contributions show, and the seqlets it is made of.

    Attributes:
        motif: Counts of bases in the aligned seqlets, with 5 bp on both sides.
        contributions: float64 (width, 4): mean contribution of each base there, 0 for
            those that a sequence does not have; of all seqlets.
        sign: 1 where its sites raise the output, -1 where they lower it.
        sequence: int64 (seqlet,): places among the sequences.
        start: int64 (seqlet,): first base of the motif, which may lie outside.
        strand: str (seqlet,): "+" or "-".
    """

    motif: Motif
    contributions: Matrix
    sign: int
    sequence: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    strand: npt.NDArray[np.str_]

    @property
    def num_seqlets(self) -> int:
        """How many it is made of."""
        return len(self.sequence)

    def __repr__(self) -> str:
        sign = "+" if self.sign > 0 else "-"
        return (
            f"LearnedMotif({self.motif.name!r}, {self.motif.width} bp, {sign}, "
            f"{self.num_seqlets:,} seqlets)"
        )


def seqlets_to_motifs(
    contributions: npt.ArrayLike,
    codes: npt.ArrayLike,
    *,
    name: str = "motif",
    width: int = 15,
    max_false_discovery_rate: float = 0.05,
    min_similarity: float = 0.6,
    min_seqlets: int = 5,
    max_seqlets: int = 2000,
    max_motifs: int = 20,
    seed: int = 0,
) -> list[LearnedMotif]:
    """Finds what the bases that matter have in common.

    Seqlets are windows whose contributions sum to more than those of the same
    contributions in random order, at a rate of false discoveries; the largest first,
    and no two that overlap. Negative ones likewise, apart. Of each sign, the seqlet
    that is like most others, on either strand and shifted by up to half the width,
    gathers these, is replaced by their mean, which gathers anew, and makes a motif;
    then the next of those left. Likeness is the cosine of the contributions (position,
    base).

    Fast and plain; for the method of the field, see `discover`.

    Args:
        contributions: (sequence, position): of the base that each sequence has.
        codes: uint8 (sequence, position).
        name: Of the motifs: "NAME_0", the one with most seqlets of its sign first,
            positive ones before negative ones.
        width: Of a seqlet, in bp.
        max_false_discovery_rate: Of windows.
        min_similarity: Cosine, above which a seqlet belongs to a motif.
        min_seqlets: Fewer make no motif.
        max_seqlets: The largest are taken, of each sign.
        max_motifs: Of each sign.
        seed: Of the random order.

    Returns:
        Motifs, those that raise the output first.

    Raises:
        InputError: Shapes that do not fit, values that are not finite, or numbers out
            of range.

    Source:
        The steps are those of TF-MoDISco, Shrikumar et al. 2018, arXiv:1811.00416,
        made plain: one threshold, one likeness, greedy clusters.
    """
    values, bases = _checked(contributions, codes, width)
    check_at_least(1, min_seqlets=min_seqlets, max_seqlets=max_seqlets)
    check_at_least(0, max_motifs=max_motifs, min_similarity=min_similarity)
    if not 0 < max_false_discovery_rate < 1:
        raise InputError(
            "Expected a rate between 0 and 1. Received: "
            f"max_false_discovery_rate={max_false_discovery_rate!r}."
        )
    sums = _window_sums(values, width)
    random = np.random.default_rng(seed).permuted(values, axis=1)
    chance = _window_sums(random, width)
    tracks = _Tracks(values, bases, width)
    found: list[LearnedMotif] = []
    for sign in (1, -1):
        lowest = _threshold(sign * sums, sign * chance, max_false_discovery_rate)
        places = _largest(sign * sums, lowest, width, max_seqlets)
        for members in _clusters(tracks, places, min_similarity, min_seqlets):
            found.append(tracks.motif(f"{name}_{len(found)}", members, sign))
            if sum(each.sign == sign for each in found) >= max_motifs:
                break
    return found


def _checked(contributions: Any, codes: Any, width: int) -> tuple[Matrix, Codes]:
    values, bases = np.asarray(contributions, np.float64), check_codes(codes)
    if values.ndim != 2 or values.shape != bases.shape or not values.size:
        raise InputError(
            "Expected contributions and codes (sequence, position) of one shape. "
            f"Received shapes: {values.shape} and {bases.shape}. Take one target: "
            "contributions[..., 0]."
        )
    if not np.isfinite(values).all():
        raise InputError("Expected finite contributions. Received: NaN or infinity.")
    if not 2 <= width <= values.shape[1]:
        raise InputError(
            f"Expected a width from 2 to {values.shape[1]} bp, the length of the "
            f"sequences. Received: width={width!r}."
        )
    return values, bases


def _window_sums(values: Matrix, width: int) -> Matrix:
    sums = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    return sums[:, width:] - sums[:, :-width]


def _threshold(sums: Matrix, random: Matrix, rate: float) -> float:
    """The lowest value above which random windows are that share of all, or fewer."""
    found, chance = np.sort(sums, axis=None), np.sort(random, axis=None)
    above = len(chance) - np.searchsorted(chance, found)
    share = above / np.arange(len(found), 0, -1)
    good = np.flatnonzero((share <= rate) & (found > 0))
    return float(found[good[0]]) if len(good) else np.inf


def _largest(
    sums: Matrix, lowest: float, width: int, count: int
) -> npt.NDArray[np.int64]:
    """(seqlet, 2): sequence and start of the largest windows, none overlapping."""
    rows, starts = np.nonzero(sums >= lowest)
    order = (-sums[rows, starts]).argsort(kind="stable")
    taken = np.zeros((len(sums), sums.shape[1] + width - 1), bool)
    places: list[tuple[int, int]] = []
    for row, start in zip(rows[order], starts[order], strict=True):
        if len(places) < count and not taken[row, start : start + width].any():
            taken[row, start : start + width] = True
            places.append((row, start))
    return np.array(places, np.int64).reshape(-1, 2)


class _Tracks:
    """Contributions (position, base) of windows anywhere, on either strand."""

    def __init__(self, values: Matrix, codes: Codes, width: int) -> None:
        self.width, self.most = width, width // 2
        self._margin = self.most + _FLANK + width
        margins = ((0, 0), (self._margin, self._margin))
        self._codes = np.pad(codes, margins, constant_values=UNKNOWN)
        self._values = np.pad(values, margins)

    def windows(
        self, places: npt.NDArray[np.int64], width: int, other_strand: bool
    ) -> tuple[Matrix, npt.NDArray[np.uint8]]:
        """Contributions (seqlet, width, 4), and one-hot bases."""
        positions = self._margin + places[:, 1:] + np.arange(width)
        codes = self._codes[places[:, :1], positions]
        bases = np.eye(UNKNOWN + 1, dtype=np.uint8)[codes][..., : len(ALPHABET)]
        values = self._values[places[:, :1], positions][..., None] * bases
        if other_strand:
            return values[:, ::-1, ::-1], bases[:, ::-1, ::-1]
        return values, bases

    def aligned(
        self, places: npt.NDArray[np.int64]
    ) -> Iterator[tuple[int, bool, Matrix]]:
        """For each shift and strand, unit vectors (seqlet, 4 width) of the windows."""
        for shift in range(-self.most, self.most + 1):
            moved = places + np.array([0, shift])
            for other_strand in (False, True):
                values = self.windows(moved, self.width, other_strand)[0]
                yield shift, other_strand, _unit(values.reshape(len(places), -1))

    def motif(
        self, name: str, members: tuple[npt.NDArray[np.int64], ...], sign: int
    ) -> LearnedMotif:
        places, other_strand = members
        width = self.width + 2 * _FLANK
        values = np.zeros((width, len(ALPHABET)))
        counts = np.zeros((width, len(ALPHABET)))
        starts = places - np.array([0, _FLANK])
        for strand in (False, True):
            some = self.windows(starts[other_strand == strand], width, strand)
            values += some[0].sum(axis=0)
            counts += some[1].sum(axis=0)
        known = np.flatnonzero(counts.sum(axis=1))
        kept = slice(known[0], known[-1] + 1)
        # The bases cut off at the end come first on the other strand.
        cut = np.where(other_strand, width - kept.stop, kept.start)
        counts = counts[kept]
        counts[counts.sum(axis=1) == 0] = 1  # all members have an N there
        return LearnedMotif(
            Motif(name, counts),
            values[kept] / len(places),
            sign,
            starts[:, 0],
            starts[:, 1] + cut,
            np.where(other_strand, "-", "+"),
        )


def _unit(rows: Matrix) -> Matrix:
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(norms > 0, norms, 1)


def _clusters(
    tracks: _Tracks,
    places: npt.NDArray[np.int64],
    min_similarity: float,
    min_seqlets: int,
) -> Iterator[tuple[npt.NDArray[np.int64], ...]]:
    """Places (seqlet, 2) of aligned members, and which are on the other strand."""
    if len(places) < min_seqlets:
        return
    windows = list(tracks.aligned(places))
    (own,) = (rows for shift, strand, rows in windows if shift == 0 and not strand)
    like = np.full((len(places), len(places)), -np.inf)
    for _, _, rows in windows:
        np.maximum(like, own @ rows.T, out=like)
    like = np.where(like >= min_similarity, like, 0)
    left = np.ones(len(places), bool)
    while left.sum() >= min_seqlets:
        seed = np.where(left, (like * left).sum(axis=1), -1).argmax()
        pattern = own[seed]
        for _ in range(_ROUNDS):
            scores = np.stack([rows @ pattern for _, _, rows in windows])
            best = scores.argmax(axis=0)
            members = np.flatnonzero(left & (scores.max(axis=0) >= min_similarity))
            if not len(members):
                break
            pattern = _unit(np.sum([windows[best[m]][2][m] for m in members], axis=0))
        if len(members) < min_seqlets:
            left[seed] = False
            left[members] = False
            continue
        left[members] = False
        shifts = np.array([windows[best[m]][0] for m in members])
        strands = np.array([windows[best[m]][1] for m in members])
        moved = places[members] + np.stack([np.zeros_like(shifts), shifts], axis=1)
        yield moved, strands
