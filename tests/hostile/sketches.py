"""Hostile sketches of training data behind a model.json that is in order."""

from __future__ import annotations

import struct

import numpy as np

from tests.hostile.files import common, replaced
from tests.hostile.model_json import Spoil

HEADER = struct.Struct("<8sIIIIQQQ")
FIELDS = ("magic", "format", "k", "shift", "gaps", "limit", "sequences", "entries")


def header(**changes: object) -> Spoil:
    """Another value of a field of the header."""

    def spoil(content: bytes) -> bytes:
        fields = dict(zip(FIELDS, HEADER.unpack_from(content), strict=True)) | changes
        return HEADER.pack(*fields.values()) + content[HEADER.size :]

    return replaced("sketch", lambda place, content: spoil(content))


def gaps(values: list[int]) -> Spoil:
    """Other gaps, so many as the header says."""

    def spoil(content: bytes) -> bytes:
        fields = dict(zip(FIELDS, HEADER.unpack_from(content), strict=True))
        fields |= {"gaps": len(values), "entries": sum(v != 65_535 for v in values)}
        return HEADER.pack(*fields.values()) + np.array(values, "<u2").tobytes()

    return replaced("sketch", lambda place, content: spoil(content))


SKETCH: dict[str, Spoil] = {
    **common("sketch"),
    "other_magic": header(magic=b"\x93NUMPY\x01\x00"),
    "other_format": header(format=2),
    "other_k": header(k=0),
    "shift_of_64": header(shift=64),
    "huge_shift": header(shift=2**32 - 1),
    "more_gaps": header(gaps=2**32 - 1),
    "fewer_gaps": header(gaps=1),
    "more_entries": header(entries=2**64 - 1),
    "no_entries": header(entries=0),
    "low_limit": header(limit=0),
    "equal_hashes": gaps([5, 0, 0]),
    "too_many_hashes": gaps([1] * 32_500),
    "beyond_the_limit": gaps([65_535] * 32_000 + [1]),
    "longer": replaced("sketch", lambda place, content: content + b"\0"),
    "very_long": replaced("sketch", lambda place, content: content * 100),
}
