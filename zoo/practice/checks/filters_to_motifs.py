"""Chapter 9: from filters to motifs to names."""

from __future__ import annotations

import numpy as np

from zoo.practice.kinds import Computed

Rows = list[list[float]]
UNIFORM = [0.25] * 4


def _information(matrix: Rows, background: list[float]) -> np.ndarray:
    """As cross-entropy minus entropy, the limit of 0 log 0 being 0."""
    p = np.array(matrix)
    entropy = -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1)
    return -(p @ np.log2(background)) - entropy


INFORMATION = Computed(
    solution=lambda *arguments: _information(*arguments).tolist(),
    inputs=[
        ([[0, 0, 1, 0], [0.5, 0, 0, 0.5], [0.1, 0.2, 0.3, 0.4]], UNIFORM),
        (
            [[0, 0, 1, 0], [0.3, 0.2, 0.2, 0.3], [0.7, 0.1, 0.1, 0.1]],
            [0.3, 0.2, 0.2, 0.3],
        ),
    ],
    mistakes={
        "That is in nats. A bit is a logarithm to the base 2.": (
            lambda *arguments: (_information(*arguments) * np.log(2)).tolist()
        ),
        "That is the entropy, which is large where nothing is known. Information is "
        "the distance from the background.": lambda matrix, background: (
            2 - _information(matrix, UNIFORM)
        ).tolist(),
        "2 minus the entropy holds for a uniform background only.": (
            lambda matrix, background: _information(matrix, UNIFORM).tolist()
        ),
        "That is the sum over positions. The bits of each position are asked for.": (
            lambda *arguments: float(_information(*arguments).sum())
        ),
    },
)


def _windows(
    kernel: Rows,
    sequences: list[str],
    least: float,
    *,
    best: bool = False,
    end: int = 0,
) -> np.ndarray:
    """Those that pass, as one-hot, by a product of matrices."""
    eye, windows = np.eye(4), []
    for sequence in sequences:
        rows = eye[["ACGT".index(base) for base in sequence]]
        cut = np.lib.stride_tricks.sliding_window_view(rows, len(kernel), axis=0)
        cut = cut.transpose(0, 2, 1)[: len(cut) - end]
        scores = (cut * np.array(kernel)).sum(axis=(1, 2))
        chosen = scores >= least
        if best:
            chosen &= np.arange(len(scores)) == scores.argmax()
        windows.append(cut[chosen])
    return np.concatenate(windows)


FILTER_MOTIF = Computed(
    solution=lambda *arguments: _windows(*arguments).mean(axis=0).tolist(),
    inputs=[
        (
            [[1, -1, 0, 0], [0, 2, 0, -1], [0, 0, 1, 0]],
            ["ACGTACTTACGC", "GGACGCCG", "TTTTACC"],
            3,
        ),
        ([[1, 0, 0, 0], [1, 0, 0, 0]], ["AAAC", "CAGA", "GTAA"], 1),
    ],
    mistakes={
        "A sequence may have several sites: all windows that pass count, not only the "
        "best one.": lambda *arguments: (
            _windows(*arguments, best=True).mean(axis=0).tolist()
        ),
        "A score that is equal to the threshold passes, too.": (
            lambda kernel, sequences, least: (
                _windows(kernel, sequences, least + 1e-6).mean(axis=0).tolist()
            )
        ),
        "The last window ends with the sequence: how many starts are there?": (
            lambda *arguments: _windows(*arguments, end=1).mean(axis=0).tolist()
        ),
        "These are counts. Frequencies of a position add up to 1.": (
            lambda *arguments: _windows(*arguments).sum(axis=0).tolist()
        ),
    },
)
