"""What the measures of `tools.bench.accelerator` share: sizes, data, time, arithmetic.

Imports no framework: each measure is a process of its own that imports one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

RELEASE = "rc_dilated_v1"
LAYOUTS = ("NCL", "channels_last")  # of the network in PyTorch
RESIDENT = 8  # batches that a measure with batches on the device takes in turn
WARM_ROUNDS = 2  # compilation and autotuning; captured graphs need a few steps more
LEARNING_RATE, EPSILON = 1e-3, 1e-7  # of Adam, Keras's defaults
FIRST_LAYER = "stem_conv"


@dataclass(frozen=True)
class Sizes:
    """What is measured, and where.

    Attributes:
        batch_size: Sequences a step.
        sequence_length: In bp.
        steps: Steps a round.
        rounds: Rounds that count.
        matrix_size: Rows of the square matrices of the limit.
        cpu: Whether to compute on the processor, to try the bench.
        network: The file with the initial weights, of `accelerator_jax.network`.
    """

    batch_size: int
    sequence_length: int
    steps: int
    rounds: int
    matrix_size: int
    cpu: bool
    network: str


def released_config() -> dict[str, Any]:
    """The arguments of the released network's builder."""
    import registry

    return dict(registry.find(RELEASE).config)


def data(
    sizes: Sizes, batches: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Random codes (rows, sequence_length) and labels (rows, num_outputs)."""
    generator = np.random.default_rng(0)
    rows, outputs = batches * sizes.batch_size, released_config()["num_outputs"]
    codes = generator.integers(0, 4, (rows, sizes.sequence_length), dtype=np.uint8)
    labels = generator.integers(0, 2, (rows, outputs))
    return codes, labels.astype(np.float32)


def seconds_a_round(one_round: Callable[[], object], rounds: int) -> list[float]:
    """Wall-clock time of each round, after some that warm up.

    Args:
        one_round: Returns when the device has finished.
        rounds: How many count.
    """
    seconds = []
    for number in range(WARM_ROUNDS + rounds):
        start = time.perf_counter()
        one_round()
        if number >= WARM_ROUNDS:
            seconds.append(time.perf_counter() - start)
    return seconds


def matrix_rate(
    product: Callable[[], Any], wait: Callable[[Any], object], sizes: Sizes
) -> float:
    """FLOP/s of a square matrix product; the best of the rounds.

    Args:
        product: Starts one, and may return before it has finished.
        wait: Returns when the last one has.
        sizes: Those of the bench.
    """

    def one_round() -> None:
        for _ in range(sizes.steps - 1):
            product()
        wait(product())

    best = min(seconds_a_round(one_round, sizes.rounds))
    return 2 * sizes.matrix_size**3 * sizes.steps / best


def step_flop(multiply_adds: Mapping[str, int]) -> int:
    """Operations of a training step for one sequence.

    Two for a multiply-add, and three times the forward pass: itself and the gradients
    to the weights and to the input, of which the first layer has none.

    Args:
        multiply_adds: Of the forward pass, by layer.
    """
    return 2 * (3 * sum(multiply_adds.values()) - multiply_adds[FIRST_LAYER])
