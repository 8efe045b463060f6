"""Whether XLA is worth its compilation: measured, as it depends on the network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from zoo.dna import ALPHABET
from zoo.models.inputs import random_inputs
from zoo.models.interface import sequence_input
from zoo.prediction.forward import Compute, compiled

if TYPE_CHECKING:
    import keras

# A trial costs a compilation, of 5 to 60 seconds, and some eight batches: it is made
# where both are little beside the run.
_SECONDS = 300.0
_BATCHES = 100
_GAIN = 0.95  # of the plain time; a smaller gain is not worth other last digits


def xla_pays(
    model: keras.Model, activation: str | None, *, rows: int, window: int, windows: int
) -> bool:
    """Times a batch with and without XLA, if the work is long enough for it.

    Networks with many cheap operations between their convolutions gain by a third to a
    half on a CPU; those of one wide layer, and recurrent ones, lose as much. How long
    the run is, the time of one window tells, then of two, four and so on: where it is
    too short, hardly more than the windows that say so are computed.

    Args:
        model: What is computed.
        activation: As in `zoo.prediction.forward.compiled`, which keeps what is
            compiled here.
        rows: Windows a batch.
        window: bp of a window.
        windows: How many there are to compute on one machine.

    Returns:
        Whether the run takes less time with XLA, its compilation included.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return False  # XLA is no choice there: JAX always uses it, PyTorch never
    batches = windows / rows
    if batches < _BATCHES:
        return False
    codes = np.random.default_rng(0).integers(
        0, len(ALPHABET), (rows, window), dtype=np.uint8
    )

    inputs = random_inputs(model, rows, window) | {sequence_input(model): codes}

    def compute_some(compute: Compute, count: int) -> None:
        compute({name: x[:count] for name, x in inputs.items()})

    def seconds(compute: Compute, count: int = rows) -> float:
        start = time.perf_counter()
        compute_some(compute, count)
        return time.perf_counter() - start

    plain = compiled(model, activation)
    compute_some(plain, 1)  # the first call traces
    # Of few windows each takes longer than of many: the run is at most so long.
    count, taken = 1, seconds(plain, 1)
    while taken * windows / count >= _SECONDS and count < rows:
        count = min(2 * count, rows)
        taken = seconds(plain, count)
    if taken * windows / count < _SECONDS:
        return False
    fast = compiled(model, activation, jit_compile=True)
    compute_some(fast, rows)  # XLA takes a shape from its second time on
    compiling = seconds(fast)
    first, again, last = seconds(fast), seconds(plain), seconds(fast)
    best_plain, best_fast = min(taken, again), min(first, last)
    # The compilation of the trial is done, but workers make their own, and so does a
    # model of the other strand.
    return compiling + batches * best_fast < _GAIN * batches * best_plain
