"""Motifs named by those of a database that they look like (Tomtom)."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError, check_at_least, optional
from zoo.interpretation.motifs.motif import Motif, check_motifs

#: In bits a column, of `Motif.core`: what is compared of a motif, and of one of a
#: database, whose columns are known better.
QUERY_INFORMATION, TARGET_INFORMATION = 0.25, 0.5
#: With fewer, the columns of the database are too few to tell what chance gives.
MIN_DATABASE = 25
_MIN_COLUMNS = 4


@dataclass(frozen=True)
class MotifMatch:
    """A motif of a database, beside one that looks like it.

    Attributes:
        target: Of the database.
        p_value: That a motif of the database would match as well by chance at its best
            place on either strand.
        q_value: Of Benjamini and Hochberg, over all pairs of motifs compared.
        offset: The column of the target, read on `strand`, at the first column of the
            motif; negative where the target begins later.
        strand: Of the target, "+" or "-".
    """

    target: Motif
    p_value: float
    q_value: float
    offset: int
    strand: str

    def __str__(self) -> str:
        return f"{self.target.name} ({self.target.identifier}), q = {self.q_value:.1g}"


def tomtom(
    queries: Sequence[Motif], database: Sequence[Motif], *, num_matches: int = 5
) -> list[tuple[MotifMatch, ...]]:
    """Compares motifs with all of a database, and says how likely by chance.

    Compared are the cores of the motifs (`Motif.core`), of at least 4 columns. Whole
    filters of a network are up to 30 columns wide, most of which say nothing; their
    many small likenesses to the long uninformative stretches of a few motifs of JASPAR
    add up to what the p-value takes for a match: 7 in 10 filters of an untrained
    network would have a name with q < 1e-3, most of them CTCF (MA1929, MA1930). By
    their cores, none has.

    Args:
        queries: Such as of `filters_to_motifs` or `seqlets_to_motifs`.
        database: At least 25 motifs, such as `zoo.samples.jaspar()`: their columns are
            what chance is reckoned by.
        num_matches: How many of each query, the best first.

    Returns:
        Of each query, in their order; none of one without a core.

    Raises:
        InputError: No query, fewer than 25 motifs, or memelite is not installed.

    Source:
        Tomtom, Gupta et al. 2007, doi:10.1186/gb-2007-8-2-r24, in the version with
        complete scores, as memelite has it (Schreiber 2025). q-values: Benjamini and
        Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x. Deviations: cores, as
        above, and q-values over all pairs, where Tomtom's are of one query.
    """
    check_at_least(1, num_matches=num_matches)
    check_motifs(queries)
    check_motifs(database)
    if not queries or len(database) < MIN_DATABASE:
        raise InputError(
            f"Expected at least one motif to name, and at least {MIN_DATABASE} to "
            "compare it with, such as zoo.samples.jaspar(). Received: "
            f"{len(queries)} and {len(database)}."
        )
    memelite = optional("memelite", "motifs", "Naming motifs")
    asked = _Cores(queries, QUERY_INFORMATION)
    targets = _Cores(database, TARGET_INFORMATION)
    found: list[tuple[MotifMatch, ...]] = [()] * len(queries)
    if not asked.rows or not targets.rows:
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads and layouts, not the user's
        p_values, _, offsets, _, strands = memelite.tomtom(
            asked.matrices, targets.matrices
        )
    q_values = benjamini_hochberg(p_values)
    for row, query in enumerate(asked.rows):
        best = p_values[row].argsort(kind="stable")[:num_matches]
        found[query] = tuple(
            MotifMatch(
                database[targets.rows[column]],
                float(p_values[row, column]),
                float(q_values[row, column]),
                int(offsets[row, column])
                + targets.start(column, bool(strands[row, column]))
                - asked.start(row, False),
                "-" if strands[row, column] else "+",
            )
            for column in best
        )
    return found


class _Cores:
    """The cores of motifs: of which, as matrices, and where they begin."""

    def __init__(self, motifs: Sequence[Motif], min_information: float) -> None:
        spans = [motif.core(min_information) for motif in motifs]
        self.rows = [i for i, (a, b) in enumerate(spans) if b - a >= _MIN_COLUMNS]
        self._motifs, self._spans = motifs, spans

    @functools.cached_property
    def matrices(self) -> list[npt.NDArray[np.float64]]:
        """(4, columns) each."""
        return [
            np.ascontiguousarray(
                self._motifs[row].probabilities[slice(*self._spans[row])].T
            )
            for row in self.rows
        ]

    def start(self, row: int, other_strand: bool) -> int:
        """The column of the motif, read on that strand, where its core begins."""
        motif = self.rows[row]
        start, stop = self._spans[motif]
        return self._motifs[motif].width - stop if other_strand else start


def benjamini_hochberg(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of each p-value, the lowest false discovery rate at which it is taken.

    Source:
        Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    flat = p_values.ravel()
    order = flat.argsort()[::-1]
    ranks = np.arange(len(flat), 0, -1)
    q_values = np.empty(len(flat))
    q_values[order] = np.minimum.accumulate(flat[order] * len(flat) / ranks)
    return np.minimum(q_values, 1).reshape(p_values.shape)
