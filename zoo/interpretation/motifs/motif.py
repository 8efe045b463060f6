"""What is known of the sites that a protein binds, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET
from zoo.errors import InputError
from zoo.interpretation.motifs.background import UNIFORM, Background, base_frequencies

Matrix = npt.NDArray[np.float64]

#: Sites that a matrix of probabilities stands for if nothing is said (as in MEME).
DEFAULT_NUM_SITES = 20.0
# Four numbers of two digits are rounded by 0.005 each; 1e-9 for the sum itself.
SUM_TOLERANCE = 0.02 + 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Motif:
    """How often each base was seen in each column of aligned binding sites.

    Args:
        name: Of the protein or the pattern, e.g. "CTCF".
        counts: (width, 4), columns of the alignment by A C G T, not negative and
            not all 0 in any row; they need not be integers. Kept as read-only
            float64.
        identifier: In its collection, e.g. "MA0139.2".
        background: Base frequencies (4,) that the collection gives for sequence
            without motifs, A C G T.

    Raises:
        InputError: Counts of another shape, not finite, negative or all 0 in a
            column, or no base frequencies.

    Source:
        Position frequency matrix: Stormo 2000, doi:10.1093/bioinformatics/16.1.16.
    """

    name: str
    counts: Matrix
    identifier: str = ""
    background: Background = UNIFORM

    def __post_init__(self) -> None:
        counts = _checked(self.counts, str(self))
        background = base_frequencies(self.background)
        for name, value in (("counts", counts), ("background", background)):
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @classmethod
    def from_probabilities(
        cls,
        name: str,
        probabilities: npt.ArrayLike,
        *,
        num_sites: float = DEFAULT_NUM_SITES,
        identifier: str = "",
        background: Background = UNIFORM,
    ) -> Motif:
        """A motif from a matrix of probabilities (width, 4), A C G T.

        Args:
            name: As in `Motif`.
            probabilities: Rows whose sum is 1 to 0.02, as files round them; they
                are divided by their sum.
            num_sites: Number of sites that the probabilities were counted on. It
                says how much a pseudocount weighs against them.
            identifier: As in `Motif`.
            background: As in `Motif`.

        Raises:
            InputError: As in `Motif`, a row whose sum is not 1, or num_sites that
                is not positive.
        """
        what = _label(identifier, name)
        rows = _checked(probabilities, what)
        sums = rows.sum(axis=1, keepdims=True)
        if not are_probabilities(rows):
            column = int(np.abs(sums - 1).argmax())
            raise InputError(
                f"{what}: expected the probabilities of each column to sum to 1. "
                f"Received: {sums[column, 0]:g} in column {column + 1}. Counts go into "
                "Motif(name, counts)."
            )
        if not 0 < num_sites < np.inf:
            raise InputError(
                f"{what}: expected a positive number of sites. "
                f"Received: num_sites={num_sites!r}."
            )
        return cls(name, rows / sums * num_sites, identifier, background)

    @property
    def width(self) -> int:
        """Number of columns, in bp."""
        return len(self.counts)

    @property
    def num_sites(self) -> float:
        """Number of sites: the largest total of a column."""
        # Counts made of probabilities carry rounding errors.
        return float(self.counts.sum(axis=1).max().round(6))

    @property
    def probabilities(self) -> Matrix:
        """Share of each base in each column (width, 4), without pseudocounts."""
        return self.counts / self.counts.sum(axis=1, keepdims=True)

    @property
    def consensus(self) -> str:
        """The most frequent base of each column; the first of equals, A C G T."""
        return "".join(ALPHABET[base] for base in self.counts.argmax(axis=1))

    def information(self, background: Background | None = None) -> Matrix:
        """Information content of each column (width,), in bits.

            I_i = sum_b p_ib * log2(p_ib / q_b),  0 log 0 = 0

        which is 2 for a certain base against uniform bases, and 0 where the
        column is like the background.

        Args:
            background: Base frequencies q; those of the motif by default.

        Source:
            Stormo 2000, doi:10.1093/bioinformatics/16.1.16, equation 3. Deviation:
            no correction for small samples.
        """
        q = base_frequencies(self.background if background is None else background)
        p = self.probabilities
        return (p * np.log2(np.where(p > 0, p, 1) / np.where(p > 0, q, 1))).sum(axis=1)

    def core(self, min_information: float = 0.25) -> tuple[int, int]:
        """The columns [start, stop) that say something, without flanks and long gaps.

        Of all adjacent columns, those whose sum of I_i - min_information is largest,
        with I_i the information against uniform bases of counts to which 0.25 of each
        base are added. Empty where no column has more than that.

        Args:
            min_information: In bits a column.
        """
        counts = self.counts + 0.25
        p = counts / counts.sum(axis=1, keepdims=True)
        gains = 2 + (p * np.log2(p)).sum(axis=1) - min_information
        sums = np.concatenate([[0.0], np.cumsum(gains)])
        before = np.minimum.accumulate(sums)
        stop = int((sums - before).argmax())
        return int(sums[: stop + 1].argmin()), stop

    def columns(self, start: int, stop: int) -> Motif:
        """The columns [start, stop) alone.

        Raises:
            InputError: There is none.
        """
        counts = self.counts[start:stop]
        return Motif(self.name, counts, self.identifier, self.background)

    def reverse_complement(self) -> Motif:
        """The same sites read on the other strand."""
        background = np.asarray(self.background)[::-1]
        return Motif(self.name, self.counts[::-1, ::-1], self.identifier, background)

    def __str__(self) -> str:
        return _label(self.identifier, self.name)

    def __repr__(self) -> str:
        return f"Motif({str(self)!r}, {len(self.counts)} bp)"


def are_probabilities(rows: Matrix) -> bool:
    """Whether each row sums to 1, as far as files round."""
    return bool((np.abs(rows.sum(axis=-1) - 1) <= SUM_TOLERANCE).all())


def _label(identifier: str, name: str) -> str:
    return f"{identifier} {name}".strip() or "motif"


def check_motifs(motifs: Any) -> None:
    """Refuses one motif alone, or a dictionary of them.

    Raises:
        InputError: As said.
    """
    if isinstance(motifs, (Motif, Mapping)):
        advice = ": take list(motifs.values())" * isinstance(motifs, Mapping)
        raise InputError(
            f"Expected a list of motifs. Received: {type(motifs).__name__}{advice}."
        )


def _checked(matrix: npt.ArrayLike, what: str) -> Matrix:
    """A fresh float64 (width, 4) of finite numbers, none negative, no row all 0."""
    try:
        rows = np.array(matrix, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what}: expected a matrix of numbers (width, 4). Received: {error}."
        ) from None
    if rows.ndim != 2 or rows.shape[1] != 4 or len(rows) == 0:
        hint = " Transpose it." if rows.ndim == 2 and rows.shape[0] == 4 else ""
        raise InputError(
            f"{what}: expected a matrix (width, 4), one row per column of the "
            f"alignment, A C G T. Received shape: {rows.shape}.{hint}"
        )
    unfit = ~np.isfinite(rows) | (rows < 0)
    if unfit.any():
        row, base = np.argwhere(unfit)[0]
        raise InputError(
            f"{what}: expected finite numbers, none negative. Received: "
            f"{rows[row, base]} for {ALPHABET[base]} in column {row + 1}."
        )
    empty = rows.sum(axis=1) == 0
    if empty.any():
        raise InputError(
            f"{what}: expected at least one base in each column. "
            f"Received: none in column {int(empty.argmax()) + 1}."
        )
    return rows
