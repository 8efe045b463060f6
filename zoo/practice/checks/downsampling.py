"""Chapter 7: downsampling and gradients."""

from __future__ import annotations

import numpy as np

from zoo.practice.kinds import Computed

Layers = list[list]


def _starts(length: int, size: int, stride: int, padding: str) -> range:
    """Where windows start, counted from the first base."""
    return range(0, length if padding == "same" else length - size + 1, stride)


def _length(length: int, layers: Layers) -> int:
    for layer in layers:
        length = len(_starts(length, *layer))
    return length


def _floored(length: int, layers: Layers) -> int:
    for size, stride, padding in layers:
        valid = (length - size) // stride + 1
        length = valid if padding == "valid" else length // stride
    return length


def _fenceposts(length: int, layers: Layers) -> int:
    for size, stride, padding in layers:
        valid = (length - size) // stride
        length = valid if padding == "valid" else -(-length // stride)
    return length


OUTPUT_LENGTH = Computed(
    solution=_length,
    inputs=[
        (101, [[15, 1, "same"], [2, 2, "valid"], [2, 2, "valid"]]),
        (101, [[15, 1, "valid"], [3, 2, "same"], [5, 4, "same"]]),
        (1000, [[19, 1, "valid"], [3, 3, "valid"], [8, 4, "same"]]),
    ],
    mistakes={
        "With padding 'same' there is a window at each stride, the last one "
        "over the end: round up.": _floored,
        "The first window starts at 0 and the last one `length - size` later: posts "
        "and fences.": _fenceposts,
        "With padding 'valid' a window has to lie in the sequence: its size counts.": (
            lambda length, layers: _length(
                length, [[size, stride, "same"] for size, stride, _ in layers]
            )
        ),
        "With padding 'same' the size of the window does not count.": (
            lambda length, layers: _length(
                length, [[size, stride, "valid"] for size, stride, _ in layers]
            )
        ),
    },
)


def _pooled(scores: np.ndarray, size: int, *, relu: bool, average: bool) -> float:
    windows = scores[: len(scores) // size * size].reshape(-1, size)
    passed = np.maximum(windows, 0) if relu else windows
    return float((passed.mean(axis=1) if average else passed.max(axis=1)).sum())


def _gradient(
    scores: list[float], size: int, *, relu: bool = True, average: bool = False
) -> list[float]:
    """By differences, much smaller than those between scores."""
    values = np.array(scores)
    differences = [
        _pooled(values + step, size, relu=relu, average=average)
        - _pooled(values - step, size, relu=relu, average=average)
        for step in 1e-4 * np.eye(len(values))
    ]
    return [round(difference / 2e-4, 6) for difference in differences]


MAX_GRADIENT = Computed(
    solution=_gradient,
    inputs=[
        ([1.0, 3.0, -1.0, -2.0, 0.5, 0.4, 2.0], 2),
        ([-1.0, 2.0, 1.0, 5.0, 4.0, -6.0], 3),
    ],
    mistakes={
        "Where the best score of a window is negative, the ReLU is flat: what does a "
        "small change of it do?": lambda scores, size: _gradient(
            scores, size, relu=False
        ),
        "That is average pooling. Of a window only its maximum reaches the output.": (
            lambda scores, size: _gradient(scores, size, average=True)
        ),
        "A rest at the end that fills no window is dropped: it has no effect on the "
        "output.": lambda scores, size: _gradient(
            [*scores, *[-9.0] * (-len(scores) % size)], size
        )[: len(scores)],
        "That is the ReLU alone. Of a window only its maximum reaches the output.": (
            lambda scores, size: _gradient(scores, 1)
        ),
        "That is what passes forward. The derivative of a value with respect to itself "
        "is 1.": lambda scores, size: [
            score * passed
            for score, passed in zip(scores, _gradient(scores, size), strict=True)
        ],
    },
)
