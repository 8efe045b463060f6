"""bigWig signal of intervals, against the bare loop of two libraries.

    python -m tools.bench.signals [--intervals N] [--length BP]

Two synthetic bigWig files: dense (a value at every base) and sparse (a quarter of the
bases, in stretches). Intervals lie at random on 20 Mb, where many overlap, and, sparse
only, on 200 Mb at least 4 kb apart, where none is read together with another. Prints
how many intervals a second each way reads, as ratios to pybigtools's own loop of
`values` in the order given; everything from one run, medians of rounds that take turns.
Then seconds of CPU on assemblies of many scaffolds, which have to grow as their number.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data import Intervals, read_signals

_CONTIG_BASES = 20_000_000
_APART_BASES = 200_000_000
_APART = 4_096


def write_dense(path: Path, size: int) -> None:
    import pyBigWig

    values = np.random.default_rng(0).gamma(1, 2, size).astype(np.float32)
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader([("chr1", size)])
        for start in range(0, size, 1_000_000):
            part = values[start : start + 1_000_000]
            file.addEntries("chr1", start, values=part, span=1, step=1)


def write_sparse(path: Path, size: int) -> None:
    import pybigtools

    random = np.random.default_rng(1)
    count = size // 200
    gaps, sizes = random.integers(50, 250, count), random.integers(5, 95, count)
    ends = np.cumsum(gaps + sizes)
    ends = ends[ends < size]
    starts = ends - sizes[: len(ends)]
    values = random.gamma(1, 2, len(ends))

    def records() -> Iterator[tuple[str, int, int, float]]:
        columns = starts.tolist(), ends.tolist(), values.tolist()
        for start, end, value in zip(*columns, strict=True):
            yield "chr1", start, end, value

    pybigtools.open(str(path), "w").write({"chr1": size}, records())


def measure(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each call, the calls taking turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def calls_on(path: Path, start: np.ndarray, length: int) -> dict[str, Any]:
    import pybigtools
    import pyBigWig

    count = len(start)
    where = Intervals(
        np.array(["chr1"] * count), start, start + length, np.array(["+"] * count)
    )
    firsts = start.tolist()

    # Each call opens the file: a reader keeps the blocks that it has decompressed.
    def loop(fill: float | None = None) -> None:
        file = pybigtools.open(str(path))
        for first in firsts:
            file.values("chr1", first, first + length, fillna=fill)

    def loop_with_bins() -> None:
        file = pybigtools.open(str(path))
        for first in firsts:
            file.values(
                "chr1", first, first + length, bins=length // 128, exact=True, fillna=0
            )

    def other_loop() -> None:
        file = pyBigWig.open(str(path))
        for first in firsts:
            file.values("chr1", first, first + length, numpy=True)

    return {
        "pybigtools loop of values": loop,
        "pybigtools loop of values, zeros filled": lambda: loop(0.0),
        "pybigtools loop of exact bins of 128": loop_with_bins,
        "pyBigWig loop of values": other_loop,
        "read_signals, bins of 128, NaN left": lambda: read_signals(
            path, where, bin_size=128, missing="nan"
        ),
        "read_signals, bases": lambda: read_signals(path, where, bin_size=1),
        "read_signals, bins of 128": lambda: read_signals(path, where, bin_size=128),
        "read_signals, one bin, ignoring what is missing": lambda: read_signals(
            path, where, missing="ignore"
        ),
    }


def scaffolds(path: Path, counts: Sequence[int]) -> None:
    """CPU seconds of one interval on each of many scaffolds."""
    import pybigtools

    for count in counts:
        names = [f"scaffold_{number}" for number in range(count)]
        pybigtools.open(str(path), "w").write(
            dict.fromkeys(names, 600), ((name, 0, 600, 1.0) for name in names)
        )
        start = np.full(count, 100)
        where = Intervals(np.array(names), start, start + 100, np.full(count, "+"))
        began = time.process_time()
        read_signals(path, where, bin_size=10)
        print(f"{count:,} scaffolds: {time.process_time() - began:.2f} s of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--intervals", type=int, default=10_000)
    parser.add_argument("--length", type=int, default=2_048, help="a multiple of 128")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--scaffolds", type=int, nargs="*", default=(10_000, 40_000), metavar="N"
    )
    arguments = parser.parse_args()
    random = np.random.default_rng(2)
    count, length = arguments.intervals, arguments.length
    anywhere = random.integers(0, _CONTIG_BASES - length, count)
    slot = _APART_BASES // count
    if slot <= length + _APART:
        parser.error(f"too many or too long to lie apart on {_APART_BASES:,} bp")
    apart = slot * np.arange(count) + random.integers(0, slot - length - _APART, count)
    with tempfile.TemporaryDirectory() as folder:
        for name, write, size, start in (
            ("dense", write_dense, _CONTIG_BASES, anywhere),
            ("sparse", write_sparse, _CONTIG_BASES, anywhere),
            (
                "sparse, far apart",
                write_sparse,
                _APART_BASES,
                random.permutation(apart),
            ),
        ):
            path = Path(folder) / "signal.bw"
            write(path, size)
            calls = calls_on(path, start, length)
            seconds = measure(calls, arguments.rounds)
            base = seconds["pybigtools loop of values"]
            print(f"{name}: {count:,} x {length:,} bp")
            for call, found in seconds.items():
                rate = count / found
                print(f"  {call:48} {rate:9,.0f} a second, {base / found:6.2f} x")
        scaffolds(Path(folder) / "scaffolds.bw", arguments.scaffolds)


if __name__ == "__main__":
    main()
