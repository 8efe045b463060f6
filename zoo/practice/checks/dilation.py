"""Chapter 5: dilation, and why never on one-hot."""

from __future__ import annotations

from itertools import count

import numpy as np

from zoo.practice.kinds import Computed, Designed


def _through(ways: np.ndarray, kernel_size: int, rate: int) -> np.ndarray:
    """In how many ways a unit reads each place, with one layer more."""
    kernel = np.zeros((kernel_size - 1) * rate + 1)
    kernel[::rate] = 1
    return np.convolve(ways, kernel)


def _reads(kernel_size: int, rates: list[int]) -> np.ndarray:
    """In how many ways a unit reads each place of its window."""
    ways: np.ndarray = np.ones(1)
    for rate in rates:
        ways = _through(ways, kernel_size, rate)
    return ways


def _layers(span: int, kernel_size: int) -> list[int]:
    def least(growth: int) -> int:
        ways: np.ndarray = np.ones(1)
        for layer in count(0):
            if len(ways) >= span:
                break
            ways = _through(ways, kernel_size, growth**layer) > 0
        return layer

    return [least(2), least(1)]


DILATED_LAYERS = Computed(
    solution=lambda distance, width, kernel_size: _layers(
        distance + width, kernel_size
    ),
    inputs=[(250, 12, 3), (200, 15, 3), (60, 10, 5), (30, 8, 2)],
    mistakes={
        "Is the second motif in the window? It starts at this distance, and has a "
        "width, too.": lambda distance, width, kernel_size: _layers(
            distance, kernel_size
        ),
        "The distance is from start to start: only one width comes on top of "
        "it.": lambda distance, width, kernel_size: _layers(
            distance + 2 * width, kernel_size
        ),
        "A kernel of k positions adds k - 1 steps, not k.": (
            lambda distance, width, kernel_size: _layers(
                distance + width, kernel_size + 1
            )
        ),
        "The first number is that with doubled rates, the second that with the rate "
        "1.": lambda distance, width, kernel_size: _layers(
            distance + width, kernel_size
        )[::-1],
    },
)


def _unread(kernel_size: int, rates: list[int]) -> list[int]:
    places: list[int] = np.flatnonzero(_reads(kernel_size, rates) == 0).tolist()
    return places


BLIND_SPOTS = Computed(
    solution=_unread,
    inputs=[(3, [4]), (3, [1, 2, 4]), (3, [2, 4]), (2, [1, 4]), (3, [1, 8])],
    mistakes={
        "These are the places that it reads. Which ones are left?": (
            lambda kernel_size, rates: np.flatnonzero(
                _reads(kernel_size, rates)
            ).tolist()
        ),
        "Places are counted from the left end of the window, not from its center.": (
            lambda kernel_size, rates: [
                place - len(_reads(kernel_size, rates)) // 2
                for place in _unread(kernel_size, rates)
            ]
        ),
        "That is the last layer alone. What do the layers below it gather for each "
        "place that it reads?": lambda kernel_size, rates: _unread(
            kernel_size, rates[-1:]
        ),
        "Places are counted from 0.": lambda kernel_size, rates: [
            place + 1 for place in _unread(kernel_size, rates)
        ],
    },
)

_REACH = (
    "A unit of the last layer sees {receptive_field} bp. What does a layer add to the "
    "window, depending on its rate?"
)
_COST = (
    "It has {parameters} parameters. What does a layer cost, depending on its channels "
    "and on its rate?"
)
TWO_MOTIFS = Designed(
    architecture="hierarchical_dilated",
    sequence_length=500,
    arguments=("filters", "kernel_size", "dilation_rates"),
    least={"filters": 16},
    needs={
        _REACH: lambda network: network.receptive_field >= 220,
        _COST: lambda network: network.parameters <= 8_000,
    },
    mistakes={
        _REACH: {"filters": 16, "dilation_rates": [1, 1, 1, 1, 1, 1, 1]},
        _COST: {"filters": 64},
    },
)
