"""What designs have to be, whatever the model says of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, UNKNOWN, Codes
from zoo.errors import InputError, check_whole
from zoo.interpretation.sequence_design.sites import Counts, Site, both_strands

_EPSILON = 1e-9
_TRIES = 20  # to mend a random sequence, for each of its bases
_IS_GC = np.array([False, True, True, False, False])
_IS_KNOWN = np.arange(UNKNOWN + 1) < UNKNOWN


class Constraints:
    """Counts how far sequences are from what they have to be.

    Args:
        keep: Intervals (start, end) that stay as they are, from 0 and half-open.
        gc: Least and largest share of G and C among A, C, G and T.
        forbidden: Sites that no sequence may have on either strand, in IUPAC letters.
        max_homopolymer: Longest run of one base.

    Raises:
        InputError: Intervals, shares or letters that are none.
    """

    def __init__(
        self,
        keep: Sequence[tuple[int, int]] = (),
        gc: tuple[float, float] | None = None,
        forbidden: Sequence[str] = (),
        max_homopolymer: int | None = None,
    ) -> None:
        check_whole(1, max_homopolymer=max_homopolymer)
        self._keep = [_interval(each) for each in keep]
        self._gc = None if gc is None else _shares(gc)
        if isinstance(forbidden, str):
            forbidden = [forbidden]
        self._sites = both_strands(forbidden)
        if max_homopolymer is not None:
            runs = [base * (max_homopolymer + 1) for base in ALPHABET]
            self._sites += [Site(run, run) for run in runs]

    def editable(self, length: int) -> npt.NDArray[np.bool_]:
        """What is not kept.

        Returns:
            bool (length,).

        Raises:
            InputError: An interval that reaches beyond the sequences.
        """
        found = np.ones(length, bool)
        for start, end in self._keep:
            if end > length:
                raise InputError(
                    f"Expected keep= within the {length} bp of the sequences. "
                    f"Received: ({start}, {end})"
                )
            found[start:end] = False
        return found

    def refuse_unknown(self, codes: Codes) -> None:
        """Refuses sequences of N alone, which have no share of G and C.

        Args:
            codes: uint8 (sequence, position).

        Raises:
            InputError: There is one, and a range for the share.
        """
        unknown = np.flatnonzero(~_IS_KNOWN[codes].any(axis=1))
        if self._gc is not None and len(unknown):
            raise InputError(
                "Expected sequences with bases, of which gc= is a share. Received: N "
                f"alone in sequence {unknown[0] + 1}; num_sequences= draws random ones."
            )

    def violations(self, codes: Codes) -> Counts:
        """How much is wrong: sites, and bases too many or too few of G and C.

        Args:
            codes: uint8 (sequence, position).

        Returns:
            int32 (sequence,).
        """
        gc, known = _IS_GC[codes].sum(axis=1), _IS_KNOWN[codes].sum(axis=1)
        found = self._beyond(gc, known)
        for site in self._sites:
            found = found + site.starts(codes).sum(axis=1, dtype=np.int32)
        return found

    def violations_after(self, codes: Codes) -> Counts:
        """How much is wrong behind each substitution.

        Args:
            codes: uint8 (sequence, position).

        Returns:
            int32 (sequence, position, 4).
        """
        gc = _IS_GC[codes].sum(axis=1)[:, None] - _IS_GC[codes]
        known = _IS_KNOWN[codes].sum(axis=1)[:, None] + ~_IS_KNOWN[codes]
        after = gc[..., None] + _IS_GC[:UNKNOWN]
        found = self._beyond(after, known[..., None])
        for site in self._sites:
            now = site.starts(codes).sum(axis=1, dtype=np.int32)
            found = found + now[:, None, None] + site.changes(codes)
        return found

    def _beyond(self, gc: npt.NDArray[np.int_], known: npt.NDArray[np.int_]) -> Counts:
        """Bases beyond the range of G and C."""
        if self._gc is None:
            return np.zeros(gc.shape, np.int32)
        least = np.ceil(self._gc[0] * known - _EPSILON)
        most = np.floor(self._gc[1] * known + _EPSILON)
        return np.maximum(np.maximum(least - gc, gc - most), 0).astype(np.int32)

    def said(self, codes: Codes) -> str:
        """What is wrong with a sequence (length,), in words."""
        told = []
        one = codes[None]
        for site in self._sites:
            places = np.flatnonzero(site.starts(one)[0])
            if len(places):
                told.append(f"{site.name} at position {places[0]}")
        gc, known = int(_IS_GC[codes].sum()), int(_IS_KNOWN[codes].sum())
        if self._beyond(np.array(gc), np.array(known)):
            told.append(f"GC content {gc / max(known, 1):.3f}")
        return ", ".join(dict.fromkeys(told))

    def random(self, count: int, length: int, seed: int) -> Codes:
        """Draws sequences that are as they have to be.

        Bases are independent, G and C as many as the middle of their range; then single
        bases are drawn anew until nothing is wrong.

        Args:
            count: How many.
            length: In bp.
            seed: Each sequence has a generator of its own, by its number.

        Raises:
            InputError: It does not get there.
        """
        share = 0.5 if self._gc is None else sum(self._gc) / 2
        chances = np.array([1 - share, share, share, 1 - share]) / 2
        found = np.empty((count, length), np.uint8)
        for row in range(count):
            random = np.random.default_rng([seed, row])
            found[row] = random.choice(len(ALPHABET), length, p=chances)
            self._mend(found[row : row + 1], random)
        return found

    def _mend(self, codes: Codes, random: np.random.Generator) -> None:
        """Draws bases of one sequence (1, length) anew, in place.

        Each time one of those that leave least wrong, which may be no less than before.
        """
        for _ in range(_TRIES * codes.size):
            if not self.violations(codes)[0]:
                return
            after = self.violations_after(codes)[0]
            after[np.arange(codes.size), codes[0]] = after.max() + 1
            places, bases = np.nonzero(after == after.min())
            drawn = random.integers(len(places))
            codes[0, places[drawn]] = bases[drawn]
        raise InputError(
            "Expected constraints that random sequences can meet. Received: some that "
            f"leave {self.said(codes[0])}."
        )


def _interval(given: object) -> tuple[int, int]:
    try:
        start, end = given  # type: ignore[misc]
    except (TypeError, ValueError):
        start = end = None
    if not (isinstance(start, Integral) and isinstance(end, Integral)) or not (
        0 <= int(start) < int(end)
    ):
        raise InputError(
            "Expected keep= to be intervals (start, end), from 0 and half-open: "
            f"[(10, 20)]. Received: {given!r}"
        )
    return int(start), int(end)


def _shares(given: tuple[float, float]) -> tuple[float, float]:
    try:
        least, most = given
    except (TypeError, ValueError):
        least = most = math.nan
    if not (isinstance(least, Real) and isinstance(most, Real)) or not (
        0 <= least <= most <= 1
    ):
        raise InputError(
            "Expected gc= to be the least and the largest share of G and C, such as "
            f"(0.4, 0.6). Received: {given!r}"
        )
    return float(least), float(most)
