"""Motifs as letters, and letters put into sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.dna import Codes, encode
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif


def letters_of(motifs: Mapping[str, str | Motif], length: int) -> dict[str, str]:
    """What is inserted, by the names of the motifs: the consensus of a `Motif`.

    Args:
        motifs: By name.
        length: Of the sequences, in bp.

    Raises:
        InputError: No motif by name, no letters of DNA, or longer than the sequences.
    """
    if not isinstance(motifs, Mapping) or not motifs:
        received: Any = motifs if not motifs else type(motifs).__name__
        raise InputError(
            'Expected at least one motif, by name: {"CTCF": motif, ...}. Received: '
            f"{received!r}"
        )
    found = {}
    for name, motif in motifs.items():
        if not isinstance(motif, (str, Motif)):
            raise InputError(
                f"motif {name!r}: expected letters or a Motif. Received: {motif!r}"
            )
        text = motif.consensus if isinstance(motif, Motif) else motif.upper()
        if text:
            encode(text, record=f"motif {name!r}")
        if len(text) > length:
            raise InputError(
                f"motif {name!r}: expected at most {length} bp, the length of the "
                f"sequences. Received: {len(text)} bp."
            )
        found[name] = text
    return found


def inserted(codes: Codes, text: str, start: int | None = None) -> Codes:
    """Sequences with letters in the place of theirs, a copy.

    Args:
        codes: uint8 (sequence, position).
        text: May be empty.
        start: The first position; by default length // 2 - width // 2, the middle.
    """
    codes = codes.copy()
    if text:
        first = codes.shape[1] // 2 - len(text) // 2 if start is None else start
        codes[:, first : first + len(text)] = encode(text)
    return codes
