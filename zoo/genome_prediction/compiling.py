"""Whether XLA is worth its compilation: measured, as it depends on the network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from zoo.dna import ALPHABET
from zoo.forward import Compute, compiled

if TYPE_CHECKING:
    import keras

_SECONDS = 30.0  # of plain computing, below which no compilation pays
_GAIN = 0.95  # of the plain time; a smaller gain is not worth other last digits
_ROUNDS = 3


def xla_pays(
    model: keras.Model, activation: str | None, *, rows: int, window: int, windows: int
) -> bool:
    """Times a batch with and without XLA, if the work is long enough for it.

    Networks with many cheap operations between their convolutions gain by a third to a
    half on a CPU; those of one wide layer, and recurrent ones, lose as much.

    Args:
        model: One input (batch, length, 4), one output.
        activation: As of `zoo.forward.compiled`, which keeps what is compiled here.
        rows: Windows a batch.
        window: bp of a window.
        windows: How many there are to compute.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return False  # XLA is no choice there: JAX always uses it, PyTorch never
    codes = np.random.default_rng(0).integers(
        0, len(ALPHABET), (rows, window), dtype=np.uint8
    )
    plain = compiled(model, activation)
    plain(codes)  # the first call traces

    def seconds(compute: Compute) -> float:
        start = time.perf_counter()
        compute(codes)
        return time.perf_counter() - start

    if seconds(plain) * windows / rows < _SECONDS:
        return False
    fast = compiled(model, activation, jit_compile=True)
    for _ in range(2):
        fast(codes)  # XLA takes a shape from its second time on
    times = [(seconds(plain), seconds(fast)) for _ in range(_ROUNDS)]
    best_plain, best_fast = map(min, zip(*times, strict=True))
    return best_fast < _GAIN * best_plain
