"""Letters of a genome to codes: IUPAC ambiguity codes apart from what is not a base."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from zoo.dna import (
    ALPHABET,
    ASCII_TO_CODE,
    INVALID,
    IUPAC,
    UNKNOWN,
    Codes,
    invalid_character,
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
            f"{where_in(source, self.contig)}: expected A, C, G, T or N. Received "
            f"{self.letter!r} at position {self.position:,} (1-based){more}, an IUPAC "
            f"ambiguity code in place of one of {ALPHABET}. Read them as N: "
            'zoo.data.Genome(path, ambiguous="unknown"), or --ambiguous unknown.'
        )


def encode_letters(
    text: bytes, contig: str, start: int, source: str
) -> tuple[Codes, Ambiguous | None]:
    """Part of a contig as codes, IUPAC letters as N and reported.

    Args:
        text: The letters.
        contig: Its name, for errors.
        start: 0-based position of the first letter, for errors.
        source: What errors call the genome.

    Raises:
        InputError: A character that does not stand for a base.
    """
    codes = np.frombuffer(bytearray(text).translate(LETTER_TO_CODE), np.uint8)
    largest = int(codes.max(initial=0))
    if largest == INVALID:
        place = int(np.argmax(codes == INVALID))
        letter, where = chr(text[place]), where_in(source, contig)
        raise invalid_character(letter, start + place, where)
    if largest <= UNKNOWN:
        return codes, None
    places = np.flatnonzero(codes == AMBIGUOUS)
    codes[places] = UNKNOWN
    first = int(places[0])
    return codes, Ambiguous(len(places), contig, start + first + 1, chr(text[first]))


def where_in(source: str, contig: str) -> str:
    """What errors call a contig of a genome."""
    return f"{source}: {contig}"
