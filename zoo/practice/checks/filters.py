"""Chapter 2: a filter is a motif scanner."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.practice.kinds import Computed

Rows = list[list[float]]
UNIFORM = [0.25] * 4


def _log_odds(counts: Rows, background: list[float], pseudocount: float) -> Any:
    smoothed = np.array(counts) + pseudocount * np.array(background)
    probabilities = smoothed / smoothed.sum(axis=1, keepdims=True)
    return np.log(probabilities) - np.log(background)


LOG_ODDS = Computed(
    solution=lambda *arguments: _log_odds(*arguments).tolist(),
    inputs=[
        ([[8, 0, 1, 1], [0, 0, 10, 0]], UNIFORM, 1.0),
        ([[5, 5, 0, 10], [1, 2, 3, 4]], [0.3, 0.2, 0.2, 0.3], 0.5),
    ],
    mistakes={
        "That is in bits. Nats are asked for: the natural logarithm, so that a weight "
        "is the logarithm of a likelihood ratio to the base e.": (
            lambda *arguments: (_log_odds(*arguments) / np.log(2)).tolist()
        ),
        "The pseudocount is shared out: each base gets its part of it by the "
        "background, not all of it.": lambda counts, background, pseudocount: np.log(
            (np.array(counts) + pseudocount)
            / (np.sum(counts, axis=1, keepdims=True) + 4 * pseudocount)
            / background
        ).tolist(),
        "The pseudocount is shared out by the background, not in equal parts.": (
            lambda counts, background, pseudocount: (
                _log_odds(counts, UNIFORM, pseudocount)
                + np.log(0.25)
                - np.log(background)
            ).tolist()
        ),
        "The background is not always uniform: the ratio is to the frequency of this "
        "base.": lambda counts, background, pseudocount: (
            _log_odds(counts, background, pseudocount)
            + np.log(background)
            - np.log(0.25)
        ).tolist(),
        "These are logarithms of probabilities. A ratio to the background is asked "
        "for.": lambda counts, background, pseudocount: (
            _log_odds(counts, background, pseudocount) + np.log(background)
        ).tolist(),
    },
)


def _scan(kernel: Rows, sequence: str, *, unknown: int = 4) -> list[float]:
    """By the product of matrices, as a layer does it."""
    one_hot = np.eye(5)[["ACGT".find(base) % 5 for base in sequence]]
    one_hot[[base == "N" for base in sequence]] = np.eye(5)[unknown]
    windows = np.lib.stride_tricks.sliding_window_view(
        one_hot[:, :4], len(kernel), axis=0
    )
    scores: list[float] = np.einsum("lcw,wc->l", windows, np.array(kernel)).tolist()
    return scores


SCAN = Computed(
    solution=_scan,
    inputs=[
        ([[1, -1, -2, 0.5], [-1, 2, 0, -3]], "ACGTTCN"),
        ([[0.5, 0, 0, -1], [0, 1, -1, 0], [2, -2, 0, 1]], "TACNGATTACA"),
    ],
    mistakes={
        "The filter lies the wrong way round: its first row belongs to the leftmost "
        "base of the window.": lambda kernel, sequence: _scan(kernel[::-1], sequence),
        "An N adds nothing. Here it got the weight of A.": (
            lambda kernel, sequence: _scan(kernel, sequence, unknown=0)
        ),
        "An N adds nothing. Here it got the weight of T: in Python, the place -1 is "
        "the last one.": lambda kernel, sequence: _scan(kernel, sequence, unknown=3),
        "This is the other strand: the filter is to be laid on the sequence as it "
        "is.": lambda kernel, sequence: _scan(
            [r[::-1] for r in kernel][::-1], sequence
        ),
    },
)
