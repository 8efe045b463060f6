"""Chapter 13: design trade-offs, measured."""

from __future__ import annotations

from typing import Any

from zoo.practice.kinds import Computed, Designed

Layers = list[list[int]]


def _cost(
    length: int, layers: Layers, *, early: bool = False, deep: bool = True
) -> int:
    """Position by position and layer by layer."""
    channels, total = 4, 0
    for filters, kernel_size, stride in layers:
        places = range(0, length, stride)
        total += sum(
            kernel_size * channels * filters
            for _ in (range(length) if early else places)
        )
        length = len(places)
        channels = filters if deep else 4
    return total


MULTIPLY_ADDS = Computed(
    solution=_cost,
    inputs=[
        (1000, [[64, 15, 1], [64, 3, 1]]),
        (501, [[32, 11, 2], [64, 5, 2], [128, 5, 1]]),
    ],
    mistakes={
        "Which layers read four channels? The others read those of the layer below.": (
            lambda length, layers: _cost(length, layers, deep=False)
        ),
        "A layer computes its own positions: with a stride there are fewer than it "
        "reads.": lambda length, layers: _cost(length, layers, early=True),
        "Is a sequence shorter behind a stride? Then the layers above have fewer "
        "positions, too.": lambda length, layers: _cost(
            length, [[filters, size, 1] for filters, size, _ in layers]
        ),
        "These are the weights. Each of them is used at every position.": (
            lambda length, layers: _cost(1, [[f, k, 1] for f, k, _ in layers])
        ),
        "These are operations. A product and its sum are one multiply-add.": (
            lambda length, layers: 2 * _cost(length, layers)
        ),
    },
)

Networks = list[list[Any]]


def _front(networks: Networks) -> list[str]:
    """From the smallest up: only what is better than all that is not larger."""
    kept: set[str] = set()
    best = float("-inf")
    for size in sorted({parameters for _, parameters, _ in networks}):
        here = [each for each in networks if each[1] == size]
        top = max(auroc for *_, auroc in here)
        if top > best:
            kept |= {name for name, _, auroc in here if auroc == top}
            best = top
    return [name for name, *_ in networks if name in kept]


PARETO = Computed(
    solution=_front,
    inputs=[
        (
            [
                ["a", 10, 0.80],
                ["b", 20, 0.79],
                ["c", 20, 0.85],
                ["d", 50, 0.85],
                ["e", 90, 0.91],
                ["f", 90, 0.90],
            ],
        ),
        ([["x", 5, 0.7], ["y", 5, 0.7], ["z", 4, 0.6]],),
    ],
    mistakes={
        "A network that is as good as a smaller one, or worse at the same size, is not "
        "worth its size: better in one is enough.": lambda networks: [
            name
            for name, size, auroc in networks
            if not any(p < size and a > auroc for _, p, a in networks)
        ],
        "Two networks that are equal in both numbers do not rule each other out.": (
            lambda networks: [
                name
                for i, (name, size, auroc) in enumerate(networks)
                if not any(
                    p <= size and a >= auroc
                    for j, (_, p, a) in enumerate(networks)
                    if i != j
                )
            ]
        ),
        "Those are the best ones. A smaller network is worth its size, too, if no "
        "better one is as small.": lambda networks: [
            name for name, _, auroc in networks if auroc == max(a for *_, a in networks)
        ],
        "The names are asked for in the given order.": lambda networks: sorted(
            _front(networks), reverse=True
        ),
    },
)

_REACH = (
    "A unit of the tower sees {receptive_field} bp. What does a layer add, depending "
    "on its rate?"
)
_SIZE = "It has {parameters} parameters. Which layers have most of them?"
_TIME = (
    "It takes {multiply_adds} multiply-adds. A filter costs them at each position, "
    "whether it is learned or the partner of one: which layers have most of them?"
)
WITHIN_BUDGET = Designed(
    architecture="rc_dilated",
    sequence_length=1000,
    arguments=(
        "stem_filters",
        "stem_kernel_size",
        "filters",
        "kernel_size",
        "dilation_rates",
        "units",
    ),
    least={"stem_filters": 32, "filters": 16},
    needs={
        _REACH: lambda network: network.receptive_field >= 500,
        _SIZE: lambda network: network.parameters <= 12_000,
        _TIME: lambda network: network.multiply_adds <= 16_000_000,
    },
    mistakes={
        _REACH: {"stem_filters": 64, "filters": 16, "units": 32},
        _SIZE: {"dilation_rates": [1, 2, 4, 8, 16, 32, 64, 128]},
        _TIME: {
            "stem_filters": 64,
            "filters": 24,
            "dilation_rates": [1, 2, 4, 8, 16, 32, 64, 128],
            "units": 16,
        },
    },
)
