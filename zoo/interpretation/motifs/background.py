"""Base frequencies of sequence without motifs, and sequences drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes
from zoo.errors import InputError

Background = npt.ArrayLike
#: A, C, G and T at one quarter each.
UNIFORM = (0.25, 0.25, 0.25, 0.25)

_SUM_TOLERANCE = 1e-6
_AT_A_TIME = 1 << 22  # bases drawn at once: 32 MB of float64


def base_frequencies(background: Background) -> npt.NDArray[np.float64]:
    """Checks base frequencies and returns them as float64 (4,), A C G T, summing to 1.

    Raises:
        InputError: Not four positive numbers whose sum is 1 (to 1e-6).
    """
    try:
        frequencies = np.asarray(background, np.float64)
    except (TypeError, ValueError):
        frequencies = np.empty(0)
    total = frequencies.sum() if frequencies.shape == (4,) else np.nan
    # A frequency of 0 would make one base an infinitely strong match.
    if not (abs(total - 1) <= _SUM_TOLERANCE and (frequencies > 0).all()):
        raise InputError(
            "Expected background frequencies of A, C, G, T: four positive numbers "
            f"whose sum is 1. Received: {background!r}. Divide counts by their sum, "
            "and count unseen bases once."
        )
    return frequencies / total


def simulate_background(
    num_sequences: int,
    sequence_length: int,
    *,
    background: Background = UNIFORM,
    seed: int | Sequence[int] = 0,
) -> Codes:
    """Draws independent bases, the null model of score thresholds.

    Args:
        num_sequences: Number of sequences.
        sequence_length: Their length in bp.
        background: Frequencies of A, C, G, T.
        seed: Of the generator; one seed gives one set of sequences.

    Returns:
        uint8 codes (num_sequences, sequence_length).

    Raises:
        InputError: A number below 1, or no base frequencies.
    """
    frequencies = base_frequencies(background)
    if num_sequences < 1 or sequence_length < 1:
        raise InputError(
            "Expected at least one sequence of at least 1 bp. Received: "
            f"num_sequences={num_sequences}, sequence_length={sequence_length}."
        )
    generator = np.random.default_rng(seed)
    edges = np.cumsum(frequencies)[:3]
    codes = np.empty(num_sequences * sequence_length, np.uint8)
    for start in range(0, codes.size, _AT_A_TIME):
        part = codes[start : start + _AT_A_TIME]
        part[:] = np.searchsorted(edges, generator.random(part.size), side="right")
    return codes.reshape(num_sequences, sequence_length)
