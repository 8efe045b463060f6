"""Chapter 4: receptive field, depth and width."""

from __future__ import annotations

from collections.abc import Callable

from zoo.practice.kinds import Computed, Designed


def _traced(layers: list[list[int]]) -> int:
    """From one unit down, layer by layer, to all bases that it reads."""
    units = {0}
    for kernel_size, stride, dilation in reversed(layers):
        units = {
            unit * stride + place * dilation
            for unit in units
            for place in range(kernel_size)
        }
    return max(units) - min(units) + 1


def _wrong(
    change: Callable[[int, int, int], tuple[int, int, int]],
) -> Callable[[list[list[int]]], int]:
    return lambda layers: _traced([list(change(*layer)) for layer in layers])


def _own_stride(layers: list[list[int]]) -> int:
    span = step = 1
    for kernel_size, stride, dilation in layers:
        step *= stride
        span += (kernel_size - 1) * dilation * step
    return span


RECEPTIVE_FIELD = Computed(
    solution=_traced,
    inputs=[
        ([[15, 1, 1]],),
        ([[5, 1, 1], [2, 2, 1], [5, 1, 1], [2, 2, 1], [5, 1, 1]],),
        ([[15, 1, 1], [3, 1, 2], [3, 1, 4], [3, 1, 8]],),
        ([[7, 2, 1], [3, 1, 2], [4, 4, 1], [3, 1, 1]],),
    ],
    mistakes={
        "Where do strides come in? Behind a stride of 2, neighboring units lie 2 bp "
        "apart, and a kernel reaches twice as far.": _wrong(lambda k, s, d: (k, 1, d)),
        "The stride of a layer moves its own units apart, which the layers above it "
        "feel. Its own kernel counts in steps of the layer below.": _own_stride,
        "Where does dilation come in? It is the distance between neighboring "
        "positions of a kernel.": _wrong(lambda k, s, d: (k, s, 1)),
        "A kernel of k positions has k - 1 steps between them: behind a kernel of 1 "
        "the window is as wide as before it.": lambda layers: _traced(
            [[k + 1, s, d] for k, s, d in layers]
        ),
    },
)


def _stack(width: int, kernel_size: int, filters: int) -> list[int]:
    layers = next(
        n for n in range(1, width + 1) if _traced([[kernel_size, 1, 1]] * n) >= width
    )
    channels = [4] + [filters] * layers
    weights = [
        kernel_size * channels[layer] * channels[layer + 1] for layer in range(layers)
    ]
    return [layers, sum(weights), width * 4 * filters]


def _side_by_side(width: int, kernel_size: int, filters: int) -> list[int]:
    layers = -(-width // kernel_size)
    weights = kernel_size * filters * (4 + (layers - 1) * filters)
    return [layers, weights, width * 4 * filters]


WIDE_OR_DEEP = Computed(
    solution=_stack,
    inputs=[(15, 5, 64), (19, 3, 128), (9, 9, 32)],
    mistakes={
        "That many kernels cover the motif side by side. One on the other, how many bp "
        "does each kernel add to what is seen?": _side_by_side,
        "A layer behind the first one reads all channels of the layer below it, not "
        "four.": lambda width, kernel_size, filters: [
            (n := _stack(width, kernel_size, filters)[0]),
            n * kernel_size * 4 * filters,
            width * 4 * filters,
        ],
        "The first layer reads the four channels of one-hot DNA.": (
            lambda width, kernel_size, filters: [
                (n := _stack(width, kernel_size, filters)[0]),
                n * kernel_size * filters**2,
                width * 4 * filters,
            ]
        ),
        "The last number is that of one layer that reads one-hot DNA.": (
            lambda width, kernel_size, filters: [
                *_stack(width, kernel_size, filters)[:2],
                width * filters**2,
            ]
        ),
    },
)

_REACH = (
    "A unit of the last stage sees {receptive_field} bp. What doubles the step "
    "between units, and how often?"
)
_COST = (
    "It has {parameters} parameters. Which layers have most of them, and how does "
    "their number grow with the channels?"
)
SEE_THE_WINDOW = Designed(
    architecture="deep_narrow",
    sequence_length=400,
    arguments=("filters", "kernel_size", "depth", "units"),
    needs={
        _REACH: lambda network: network.receptive_field >= 200,
        _COST: lambda network: network.parameters <= 20_000,
    },
    mistakes={
        _REACH: {"filters": [64, 64, 96]},
        _COST: {"filters": [64, 64, 64, 64, 96]},
    },
)
