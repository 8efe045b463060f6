"""The sequences that others are compared with."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from zoo.data.sequences import codes_of_one_length
from zoo.dna import Codes, reverse_complement_codes
from zoo.errors import InputError
from zoo.splits.shuffles import dinucleotide_shuffle


def references_of(codes: Codes, given: Any, count: int, seed: int) -> Codes:
    """The references of each sequence.

    Args:
        codes: uint8 (sequence, position).
        given: As the argument `references` of `zoo.contributions`.
        count: How many shuffles without any given.
        seed: Of the shuffles.

    Returns:
        uint8 (sequence, reference, position).

    Raises:
        InputError: Others than of the length or number of the sequences.
    """
    if given is None:
        return np.stack([shuffles(each, count, seed) for each in codes])
    shape: tuple[int, ...] = tuple(getattr(given, "shape", ()))
    of_each = len(shape) == 4 or (len(shape) == 3 and shape[-1] == codes.shape[1])
    if of_each and given.dtype.kind in "biuf":
        flat = codes_of_one_length(np.reshape(given, (-1, *shape[2:])))
        found = flat.reshape(*shape[:2], -1)
    else:
        shared = codes_of_one_length(given)
        found = np.broadcast_to(shared, (len(codes), *shared.shape))
    if len(found) != len(codes) or found.shape[2] != codes.shape[1]:
        raise InputError(
            f"Expected references of {codes.shape[1]} bp, the same for all sequences "
            f"or some of each of {len(codes)} (sequence, reference, position). "
            f"Received: {shape or found.shape[1:]}."
        )
    return found


def shuffles(codes: Codes, count: int, seed: int) -> Codes:
    """Dinucleotide shuffles that depend on the sequence and the seed alone.

    Whatever else is computed, they are the same; those of the reverse complement are
    their reverse complements.

    Returns:
        uint8 (reference, position).
    """
    rows = np.repeat(codes[np.newaxis], count, axis=0)
    number, turned = seed_of(codes, seed)
    if turned:
        return reverse_complement_codes(
            dinucleotide_shuffle(reverse_complement_codes(rows), number)
        )
    return dinucleotide_shuffle(rows, number)


def seed_of(codes: Codes, seed: int) -> tuple[int, bool]:
    """A seed of one sequence and its reverse complement, whatever others there are.

    Returns:
        The seed, and whether what is drawn must be turned: of one of both.
    """
    other = reverse_complement_codes(codes[np.newaxis]).tobytes()
    least = min(codes.tobytes(), other)
    key = str(seed).encode()
    digest = hashlib.blake2b(least, digest_size=8, key=key).digest()
    return int.from_bytes(digest), least != codes.tobytes()
