"""Background whose bases depend on the base before them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes
from zoo.errors import InputError

_SUM_TOLERANCE = 1e-6


def stationary(transitions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The base frequencies (4,) that transitions (4, 4) leave as they are: q = q T."""
    equations = np.vstack([transitions.T - np.eye(4), np.ones(4)])
    return np.linalg.lstsq(equations, np.array([0, 0, 0, 0, 1.0]), rcond=None)[0]


def simulate_first_order(
    num_sequences: int,
    sequence_length: int,
    transitions: npt.ArrayLike,
    generator: np.random.Generator,
) -> Codes:
    """Draws sequences of a first-order Markov chain.

    Args:
        num_sequences: Number of sequences.
        sequence_length: Their length in bp.
        transitions: (4, 4) probabilities of the next base (column) after a base
            (row), all positive, each row summing to 1.
        generator: Of random numbers.

    Returns:
        uint8 codes (num_sequences, sequence_length); first bases have the
        stationary frequencies.

    Raises:
        InputError: Transitions that are not as above.
    """
    rows = np.asarray(transitions, np.float64)
    fits = rows.shape == (4, 4) and (rows > 0).all()
    if not fits or np.abs(rows.sum(axis=1) - 1).max() > _SUM_TOLERANCE:
        raise InputError(
            "Expected first-order transitions (4, 4): positive probabilities of the "
            "next base after A, C, G and T, each row summing to 1. "
            f"Received: {transitions!r}."
        )
    codes = np.empty((num_sequences, sequence_length), np.uint8)
    edges = np.cumsum(rows, axis=1)[:, :3]
    first = np.cumsum(stationary(rows))[None, :3]
    for position in range(sequence_length):
        limits = edges[codes[:, position - 1]] if position else first
        draw = generator.random((num_sequences, 1))
        codes[:, position] = (draw >= limits).sum(axis=1)
    return codes
