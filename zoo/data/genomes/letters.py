"""Letters of a genome to codes: IUPAC ambiguity codes told from what is no base."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from zoo.dna import ALPHABET, ASCII_TO_CODE, INVALID, UNKNOWN, Codes
from zoo.errors import InputError

#: The code of an IUPAC letter before it becomes N or an error.
AMBIGUOUS = 254
_IUPAC = b"RYSWKMBDHV"


def _table() -> bytes:
    table = bytearray(ASCII_TO_CODE)
    for letter in _IUPAC + _IUPAC.lower():
        table[letter] = AMBIGUOUS
    return bytes(table)


#: For `bytes.translate`: as `zoo.dna.ASCII_TO_CODE`, IUPAC letters AMBIGUOUS.
LETTER_TO_CODE = _table()


@dataclass(frozen=True)
class Ambiguous:
    """IUPAC letters that were met: how many, and the first one.

    Attributes:
        count: How many.
        contig: Where the first one is.
        position: Its 1-based position.
        letter: What it is.
    """

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
        InputError: A character that is no letter of a base.
    """
    codes = np.frombuffer(bytearray(text).translate(LETTER_TO_CODE), np.uint8)
    largest = int(codes.max(initial=0))
    if largest == INVALID:
        place = int(np.argmax(codes == INVALID))
        raise invalid_character(text[place : place + 1], contig, start + place, source)
    if largest <= UNKNOWN:
        return codes, None
    places = np.flatnonzero(codes == AMBIGUOUS)
    codes[places] = UNKNOWN
    first = int(places[0])
    return codes, Ambiguous(len(places), contig, start + first + 1, chr(text[first]))


def invalid_character(
    byte: bytes, contig: str, position: int, source: str
) -> InputError:
    """The error for a character at a 0-based position."""
    character, hint = byte.decode("latin-1"), ""
    if character in "Uu":
        hint = " U is RNA: write T instead."
    elif character.isspace():
        hint = " Remove white space."
    elif character in "-.*":
        hint = " Remove gaps, or write N instead."
    return InputError(
        f"{source}: {contig}: expected A, C, G, T or N. Received {character!r} at "
        f"position {position + 1:,} (1-based).{hint}"
    )
