"""Random sequences, and relatives of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.data.examples import CodesInMemory, Examples
from zoo.dna import Codes, reverse_complement_codes


def random_codes(count: int, length: int, seed: int = 0) -> Codes:
    return np.random.default_rng(seed).integers(0, 4, (count, length), dtype=np.uint8)


def mutated(codes: Codes, share: float, seed: int = 1) -> Codes:
    """Each base is another one with that probability."""
    random = np.random.default_rng(seed)
    other = (codes + random.integers(1, 4, codes.shape, dtype=np.uint8)) % 4
    return np.where(random.random(codes.shape) < share, other, codes).astype(np.uint8)


def shifted(codes: Codes, bp: int, seed: int = 2) -> Codes:
    """Windows that begin so many bp further on."""
    new = random_codes(len(codes), bp, seed)
    return np.concatenate([codes[:, bp:], new], axis=1)


def relatives(codes: Codes) -> dict[str, Codes]:
    """Kinds of what must not be on the other side of a split."""
    return {
        "equal": codes.copy(),
        "reverse complement": reverse_complement_codes(codes),
        "mutated": mutated(codes, 0.08),
        "mutated, other strand": reverse_complement_codes(mutated(codes, 0.08)),
        "shifted": shifted(codes, 60),
        "shifted, other strand": reverse_complement_codes(shifted(codes, 60)),
    }


def examples(codes: Codes, **columns: Any) -> Examples:
    return Examples(CodesInMemory(codes), **columns)
