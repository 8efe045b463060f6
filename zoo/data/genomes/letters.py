"""Letters of a genome to codes: IUPAC ambiguity codes apart from what is not a base."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from zoo.dna import (
    ALPHABET,
    ASCII_TO_CODE,
    IUPAC,
)
from zoo.errors import InputError

#: The code of an IUPAC letter before it becomes N or an error.
AMBIGUOUS = 254


#: For `bytes.translate`: as `zoo.dna.ASCII_TO_CODE`, IUPAC letters AMBIGUOUS.
LETTER_TO_CODE = bytes(
    AMBIGUOUS if chr(byte) in IUPAC + IUPAC.lower() else code
    for byte, code in enumerate(ASCII_TO_CODE)
)


#: For `bytes.translate`: IUPAC letters become N.
AS_UNKNOWN = bytes(
    ord("N") if chr(byte) in IUPAC + IUPAC.lower() else byte for byte in range(256)
)


@dataclass(frozen=True)
class Ambiguous:
    """How many IUPAC letters were met, and the first one, at a 1-based position."""

    count: int
    contig: str
    position: int
    letter: str

    def plus(self, later: Ambiguous) -> Ambiguous:
        """Both, in the order of the genome."""
        return dataclasses.replace(self, count=self.count + later.count)

    def error(self, source: str) -> InputError:
        """What to raise unless they are to be N."""
        more = f" (the first of {self.count:,})" if self.count > 1 else ""
        return InputError(
            f"{source}: {self.contig}: expected A, C, G, T or N. Received "
            f"{self.letter!r} at position {self.position:,} (1-based){more}, an IUPAC "
            f"ambiguity code in place of one of {ALPHABET}. Read them as N: "
            'zoo.data.Genome(path, ambiguous="unknown"), or --ambiguous unknown.'
        )
