"""What an equivariant convolution costs: RCConv1D against keras.layers.Conv1D.

    python -m tools.bench.rc_conv

Both have as many output channels, so both do the same multiplications; the tied one
puts its kernel together first. Calls of the two are interleaved, in one compiled
function each (forward; forward and backward to weights and input). Each ratio is the
median over rounds of tied / plain, with the middle half of the rounds beside it; CPU
seconds count the work of all threads, and matter where other jobs share the cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tools.bench.timing import print_table, timed
from zoo.layers import RCConv1D


class Shape(NamedTuple):
    """Of the input, and the arguments of the layer."""

    batch: int
    length: int
    channels: int
    filters: int
    kernel_size: int
    dilation_rate: int = 1


SHAPES = {
    "stem, 15 bp": Shape(64, 500, 4, 64, 15),
    "wide stem, 15 bp": Shape(64, 500, 4, 192, 15),
    "stem, 25 bp, long": Shape(16, 2000, 4, 64, 25),
    "tower, 64 channels": Shape(64, 500, 64, 64, 3, 4),
    "tower, 128 channels": Shape(32, 500, 128, 128, 3, 2),
    "neck, width 1": Shape(64, 500, 192, 64, 1),
    "small: 8 x 100 bp": Shape(8, 100, 64, 64, 3),
}


def compiled(
    layer: keras.layers.Layer, x: tf.Tensor, backward: bool, jit_compile: bool
) -> Callable[[int], None]:
    """A function that runs the layer so often on x, and waits for the last result."""
    layer.build(x.shape)

    @tf.function(jit_compile=jit_compile)
    def forward(x: tf.Tensor) -> Any:
        return layer(x)

    @tf.function(jit_compile=jit_compile)
    def step(x: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        # The gradient of the output is y: of the loss sum(y^2) / 2.
        weights = [variable.value for variable in layer.trainable_variables]
        return tape.gradient(y, [x, *weights], output_gradients=y)

    function = step if backward else forward

    def call(repeats: int) -> None:
        for _ in range(repeats):
            result = function(x)
        tf.nest.map_structure(lambda tensor: tensor.numpy(), result)

    return call


def compare(shape: Shape, backward: bool, jit_compile: bool, rounds: int) -> np.ndarray:
    """Seconds (round, layer, clock or processor), layers plain and tied in turn."""
    keras.utils.set_random_seed(0)
    x = tf.random.normal((shape.batch, shape.length, shape.channels))
    sizes = (shape.filters, shape.kernel_size)
    options: dict[str, Any] = {"dilation_rate": shape.dilation_rate, "padding": "same"}
    calls = [
        compiled(make(*sizes, **options), x, backward, jit_compile)
        for make in (keras.layers.Conv1D, RCConv1D)
    ]
    for call in calls:
        call(1)
    once = min(timed(lambda: calls[0](2)).wall / 2 for _ in range(3))
    repeats = max(1, round(0.02 / once))  # a round long enough for the clock
    times = np.empty((rounds, 2, 2))
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            times[number, which] = timed(partial(calls[which], repeats))
    return times / repeats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--xla", action="store_true", help="compile with XLA")
    arguments = parser.parse_args()
    rows = []
    for name, shape in SHAPES.items():
        for backward in (False, True):
            times = compare(shape, backward, arguments.xla, arguments.rounds)
            ratios = times[:, 1] / times[:, 0]
            low, middle, high = np.quantile(ratios[:, 0], (0.25, 0.5, 0.75))
            cells = (
                f"{name}, {'forward and backward' if backward else 'forward'}",
                float(1e3 * np.median(times[:, 0, 0])),
                f"{middle:.3f} ({low:.3f} to {high:.3f})",
                f"{np.median(ratios[:, 1]):.3f}",
            )
            rows.append(cells)
    print_table(["", "plain, ms", "tied / plain (middle half)", "CPU seconds"], rows)


if __name__ == "__main__":
    main()
