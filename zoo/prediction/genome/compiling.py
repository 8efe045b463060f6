"""Whether XLA is worth its compilation: measured, as it depends on the network."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from zoo.dna import ALPHABET
from zoo.prediction.forward import of_sequences

if TYPE_CHECKING:
    import keras

# A trial costs a compilation, of 5 to 60 seconds, and some eight batches: it is made
# where both are little beside the run.
_SECONDS = 300.0
_BATCHES = 100
_GAIN = 0.95  # of the plain time; a smaller gain is not worth other last digits
_ROUNDS = 2


def xla_pays(
    model: keras.Model, activation: str | None, *, rows: int, window: int, windows: int
) -> bool:
    """Times a batch with and without XLA, if the work is long enough for it.

    Networks with many cheap operations between their convolutions gain by a third to a
    half on a CPU; those of one wide layer, and recurrent ones, lose as much. How long
    the run is, the time of one window tells, then of two, four and so on: where it is
    too short, hardly more than the windows that say so are computed.

    Args:
        model: One input (batch, length, 4), one output.
        activation: As of `zoo.prediction.forward.compiled`, which keeps what is
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

    def seconds(
        compute: Callable[[np.ndarray], np.ndarray], count: int = rows
    ) -> float:
        start = time.perf_counter()
        compute(codes[:count])
        return time.perf_counter() - start

    plain = of_sequences(model, activation)
    plain(codes[:1])  # the first call traces
    # Of few windows each takes longer than of many: the run is at most so long.
    count, taken = 1, seconds(plain, 1)
    while taken * windows / count >= _SECONDS and count < rows:
        count = min(2 * count, rows)
        taken = seconds(plain, count)
    if taken * windows / count < _SECONDS:
        return False
    fast = of_sequences(model, activation, jit_compile=True)
    fast(codes)  # XLA takes a shape from its second time on
    compiling = seconds(fast)
    times = [(seconds(plain), seconds(fast)) for _ in range(_ROUNDS)]
    best_plain, best_fast = map(min, zip(*times, strict=True))
    best_plain = min(best_plain, taken)
    # The compilation of the trial is done, but workers make their own, and so does a
    # model of the other strand.
    return compiling + batches * best_fast < _GAIN * batches * best_plain
