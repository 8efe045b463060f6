"""Sites that a sequence must not have, on either strand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, UNKNOWN, Codes
from zoo.errors import InputError

Counts = npt.NDArray[np.int32]

#: The bases that each letter stands for (IUPAC).
BASES_OF = {
    **{base: base for base in ALPHABET},
    **{"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": ALPHABET},
}
_COMPLEMENT = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")


class Site:
    """Letters that are looked for on one strand.

    Args:
        name: What errors call it.
        letters: IUPAC, such as "GGTCTC" or "GATNNNATC". N of a sequence is not known,
            and taken for what only an N of the site holds.

    Raises:
        InputError: No letters, others, or N alone.
    """

    def __init__(self, name: str, letters: str) -> None:
        wrong = [letter for letter in letters if letter not in BASES_OF]
        if wrong or not letters.strip("N"):
            raise InputError(
                f"site {name!r}: expected letters A, C, G, T and IUPAC's R, Y, S, W, "
                "K, M, B, D, H, V, N, and not N alone. Received: "
                f"{wrong[0] if wrong else letters!r}"
            )
        self.name = name
        # (place, code): whether a code may stand there.
        self._fits = np.array(
            [
                [code == "N" or code in BASES_OF[letter] for code in ALPHABET]
                + [letter == "N"]
                for letter in letters
            ]
        )

    @property
    def width(self) -> int:
        """In bp."""
        return len(self._fits)

    def starts(self, codes: Codes) -> npt.NDArray[np.bool_]:
        """Where it lies.

        Args:
            codes: uint8 (sequence, position).

        Returns:
            bool (sequence, start), of every place where there is room for it.
        """
        found: npt.NDArray[np.bool_] = np.all(~self._misses(codes), axis=-1)
        return found

    def changes(self, codes: Codes) -> Counts:
        """How many more of it each substitution makes.

        Args:
            codes: uint8 (sequence, position).

        Returns:
            int32 (sequence, position, 4), below 0 where it takes some away.
        """
        found = np.zeros((*codes.shape, len(ALPHABET)), np.int32)
        missing = self._misses(codes)
        count = missing.sum(axis=-1, dtype=np.int32)
        there = count == 0
        for place in range(self.width):
            # Starts whose letter number `place` lies on the base that is changed.
            changed = found[:, place : place + count.shape[1]]
            alone = count == missing[..., place]  # no other letter is missing
            changed += alone[..., None] & self._fits[place, :UNKNOWN]
            changed -= there[..., None]
        return found

    def _misses(self, codes: Codes) -> npt.NDArray[np.bool_]:
        """Whether letters do not fit: bool (sequence, start, place)."""
        room = codes.shape[1] - self.width + 1
        if room < 1:
            return np.ones((len(codes), 0, self.width), bool)
        return np.stack(
            [
                ~self._fits[place][codes[:, place : place + room]]
                for place in range(self.width)
            ],
            axis=-1,
        )


def both_strands(letters: Sequence[str]) -> list[Site]:
    """Sites of these letters, and those that the other strand reads as such."""
    found: dict[str, Site] = {}
    for text in letters:
        if not isinstance(text, str):
            raise InputError(f"Expected sites in IUPAC letters. Received: {text!r}")
        upper = text.upper()
        found.setdefault(upper, Site(text, upper))
        turned = upper[::-1].translate(_COMPLEMENT)
        found.setdefault(turned, Site(text, turned))
    return list(found.values())
