"""Designed sequences, with every edit that led to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, Codes, decode
from zoo.errors import InputError
from zoo.interpretation.mutagenesis.full import Values

_LINE = 60
HISTORY = ("name", "step", "position", "from", "to", "score")


@dataclass(frozen=True)
class DesignEdit:
    """A base that was replaced.

    Attributes:
        step: The round of the search, from 1. Evolution makes several edits in one.
        position: In bp from the start of the sequence as it was given, from 0.
        before: The letter that was there.
        after: The one that is there now.
        score: Of the sequence behind this step.
    """

    step: int
    position: int
    before: str
    after: str
    score: float


@dataclass(frozen=True, eq=False, repr=False)
class Designs:
    """What `zoo.design` found, a row for each sequence that it began with.

    Attributes:
        codes: uint8 (sequence, position), the designs.
        starts: uint8 (sequence, position), what they were made of.
        names: Of the targets, in the order of the goal.
        values: float32 (sequence, target), of the designs.
        start_values: float32 (sequence, target).
        scores: float64 (sequence,): the goal's, which was raised.
        start_scores: float64 (sequence,).
        edits: Of each sequence, in the order in which they were made.
    """

    codes: Codes
    starts: Codes
    names: tuple[str, ...]
    values: Values
    start_values: Values
    scores: npt.NDArray[np.float64]
    start_scores: npt.NDArray[np.float64]
    edits: tuple[tuple[DesignEdit, ...], ...]

    @property
    def sequences(self) -> list[str]:
        """The designs in letters."""
        return [decode(codes) for codes in self.codes]

    @property
    def distances(self) -> npt.NDArray[np.int64]:
        """int64 (sequence,): in how many positions each differs from its start."""
        found: npt.NDArray[np.int64] = (self.codes != self.starts).sum(axis=1)
        return found

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return (
            f"Designs({len(self):,} sequences of {self.codes.shape[1]:,} bp, mean "
            f"score {self.start_scores.mean():.3f} -> {self.scores.mean():.3f} by "
            f"{self.distances.mean():.1f} edits, targets {', '.join(self.names)})"
        )

    def fasta(self, names: Sequence[str] | None = None) -> str:
        """The designs as FASTA, each with what the model says of it in its header.

        Args:
            names: Of the sequences; design_1, ... without them.

        Raises:
            InputError: Another number of names.
        """
        lines = []
        for row, name in enumerate(self._named(names)):
            values = zip(
                self.names, self.start_values[row], self.values[row], strict=True
            )
            said = [f"{target}={old:.4g}->{new:.4g}" for target, old, new in values]
            lines.append(f">{name} edits={self.distances[row]} {' '.join(said)}")
            text = decode(self.codes[row])
            lines += [text[i : i + _LINE] for i in range(0, len(text), _LINE)]
        return "\n".join([*lines, ""])

    def history(self, names: Sequence[str] | None = None) -> str:
        """All edits as a table (TSV): name, step, position, from, to, score.

        Args:
            names: As in `fasta`.

        Raises:
            InputError: As there.
        """
        rows: list[tuple[object, ...]] = [HISTORY]
        for name, edits in zip(self._named(names), self.edits, strict=True):
            rows += [
                (name, e.step, e.position, e.before, e.after, f"{e.score:.6g}")
                for e in edits
            ]
        return "".join("\t".join(map(str, row)) + "\n" for row in rows)

    def _named(self, names: Sequence[str] | None) -> Sequence[str]:
        if names is None:
            return [f"design_{row + 1}" for row in range(len(self))]
        if len(names) != len(self):
            raise InputError(
                f"Expected {len(self)} names, one for each design. Received: "
                f"{len(names)}."
            )
        return names


def edits_between(
    before: Codes, after: Codes, step: int, score: float
) -> tuple[DesignEdit, ...]:
    """The edits that make one sequence (length,) another."""
    letters = ALPHABET + "N"
    return tuple(
        DesignEdit(step, int(i), letters[before[i]], letters[after[i]], score)
        for i in np.flatnonzero(before != after)
    )
