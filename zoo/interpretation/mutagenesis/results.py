"""What changes of sequences did, as arrays with the names of what was computed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, Codes, one_hot
from zoo.interpretation.mutagenesis.full import Values

_OTHERS = len(ALPHABET) - 1


@dataclass(frozen=True, eq=False)
class Changes:
    """Sequences that were changed.

    Attributes:
        codes: uint8 (sequence, position), the bases of the positions that were changed.
        start: Place of the first of them in the sequences as they were given, in bp.
        reference: float32 (sequence, target), the values of the sequences themselves.
        names: Of the targets, see `zoo.interpretation.targets.targets_of`.
    """

    codes: Codes
    start: int
    reference: Values
    names: tuple[str, ...]

    def arrays(self) -> dict[str, Values]:
        """What was computed of the changes, by the name of the attribute."""
        own = fields(self)[len(fields(Changes)) :]
        return {field.name: getattr(self, field.name) for field in own}

    def __repr__(self) -> str:
        count, size = self.codes.shape
        return (
            f"{type(self).__name__}({count:,} sequences, positions {self.start:,} to "
            f"{self.start + size:,}, targets {', '.join(self.names)})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Mutagenesis(Changes):
    """What each substitution does, as `zoo.saturation_mutagenesis` computes it.

    Attributes:
        values: float32 (sequence, position, base, target), bases in the order A, C, G,
            T: the targets with this base in this place. With the base that is there it
            is the reference.
    """

    values: Values

    @property
    def effects(self) -> Values:
        """float32 (sequence, position, base, target): values - reference."""
        return self.values - self.reference[:, None, None]

    @property
    def hypothetical(self) -> Values:
        """float32 (sequence, position, base, target): what each base would contribute.

        Its value minus the mean of those of the other three bases in its place.
        """
        mean = self.values.mean(axis=2, keepdims=True)
        return (self.values - mean) * np.float32(len(ALPHABET) / _OTHERS)

    @property
    def contributions(self) -> Values:
        """float32 (sequence, position, target): what the base that is there does.

        The reference minus the mean of the values with the three other bases; 0 of N,
        which is no base.
        """
        known = one_hot(self.codes)
        found: Values = np.einsum("npbt,npb->npt", self.hypothetical, known)
        return found


@dataclass(frozen=True, eq=False, repr=False)
class IndelMutagenesis(Changes):
    """What one base less or more does, as `zoo.indel_mutagenesis` computes it.

    Attributes:
        deletions: float32 (sequence, position, target): the targets without the base
            of the position.
        insertions: float32 (sequence, position, base, target): with a base, in the
            order A, C, G, T, before the base of the position.
    """

    deletions: Values
    insertions: Values

    @property
    def deletion_effects(self) -> Values:
        """float32 (sequence, position, target): deletions - reference."""
        return self.deletions - self.reference[:, None]

    @property
    def insertion_effects(self) -> Values:
        """float32 (sequence, position, base, target): insertions - reference."""
        return self.insertions - self.reference[:, None, None]


@dataclass(frozen=True, eq=False, repr=False)
class PairwiseMutagenesis(Changes):
    """What two substitutions do together, as `zoo.pairwise_mutagenesis` computes it.

    Attributes:
        interactions: float32 (sequence, position, base, position, base, target): with f
            the target and i, j the two substitutions, f(i, j) - f(i) - f(j) + f. It is
            0 where one of them changes nothing, and of two in one place.
    """

    interactions: Values

    @property
    def dependencies(self) -> npt.NDArray[np.float32]:
        """float32 (sequence, position, position, target): the map.

        Of two positions the largest magnitude of an interaction of their bases.
        """
        found: Values = np.abs(self.interactions).max(axis=(2, 4))
        return found
