"""Contributions as they are returned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes
from zoo.errors import check_choice

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Contributions:
    """How much each base of each sequence contributes to each target.

    Attributes:
        codes: uint8 (sequence, position): the sequences that were explained.
        names: Of the targets.
        hypothetical: float32 (sequence, position, base, target): what each base would
            contribute in each place, as TF-MoDISco reads it.
        contributions: float32 (sequence, position, target): that of the base which is
            there.
        predictions: float32 (sequence, target): the target of each sequence.
        gap: float32 (sequence, target): how much the sum of the contributions exceeds
            the prediction minus the mean of those of the references; NaN of
            mutagenesis, which divides nothing among bases. It is not 0 with the
            reductions "max" and "profile", which weigh the bins of the references as
            those of the sequence.
        start: Where they begin in the sequences as they were given, in bp.
        method: By which they were computed.
    """

    codes: Codes
    names: tuple[str, ...]
    hypothetical: Values
    contributions: Values
    predictions: Values
    gap: Values
    start: int
    method: str

    def __len__(self) -> int:
        return len(self.codes)

    def place(self, name: str) -> int:
        """That of a target on the last axis.

        Raises:
            InputError: There is none of that name.
        """
        check_choice("outputs", name, self.names)
        return self.names.index(name)

    def __repr__(self) -> str:
        count, length = self.codes.shape
        return (
            f"Contributions({count:,} sequences of {length:,} bp to "
            f"{', '.join(self.names)}, {self.method})"
        )
