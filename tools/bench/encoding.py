"""How fast strings become codes and one-hot, against filling the output once.

    python tools/bench/encoding.py

Prints medians of interleaved repeats; the ratios come from one run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from zoo import dna

COUNT, LENGTH, REPEATS = 100_000, 200, 9


def main() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (COUNT, LENGTH)).astype(np.uint8)
    text = dna.decode(codes.reshape(-1))
    strings = [text[i : i + LENGTH] for i in range(0, len(text), LENGTH)]
    out = np.zeros((COUNT, LENGTH, 4), np.float32)
    work: dict[str, Callable[[], object]] = {
        "fill the output (limit)": lambda: out.fill(1.0),
        "one_hot_strings": lambda: dna.one_hot_strings(strings, out=out),
        "one_hot of codes": lambda: dna.one_hot(codes, out=out),
        "encode_batch": lambda: dna.encode_batch(strings),
    }
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(REPEATS):
        for name, function in work.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    limit = medians["fill the output (limit)"]
    print(f"{COUNT:,} sequences of {LENGTH} bp, median of {REPEATS}")
    for name, median in medians.items():
        speed = COUNT * LENGTH / median / 1e6
        print(f"{name:26s} {speed:7.0f} Mbases/s  {limit / median:5.2f} x limit")


if __name__ == "__main__":
    main()
