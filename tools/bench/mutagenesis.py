"""Saturation mutagenesis by windows: against each sequence in full, and tangermeme's.

    python -m tools.bench.mutagenesis [--tangermeme PYTHON] [--repeats 3]

Processor seconds of all 3L substitutions of one sequence, on one thread, in turn:

- `windows`, as `method="auto"` computes them;
- `full`, each changed sequence by the model's compiled forward pass, of some positions
  in the middle, as all cost the same;
- `tangermeme`, its `saturation_mutagenesis(fast=True)` in a process of its own whose
  Python `--tangermeme` names: what one more sequence of a call takes.

`reached` is how many times fewer multiply-adds there are if each layer is computed only
where its output changes, and `differing` if only what differs is multiplied, as we do;
`share` is the measured gain as a share of `reached`. Then the same of each release.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

import zoo
from tools.bench.timing import print_table, timed
from zoo.inspection.graph import trace
from zoo.inspection.multiply_adds import multiply_adds
from zoo.interpretation.mutagenesis.changes import Change
from zoo.interpretation.mutagenesis.convolutions import Convolution
from zoo.interpretation.mutagenesis.engine import substitutions
from zoo.interpretation.mutagenesis.full import FullSubstitutions
from zoo.interpretation.mutagenesis.incremental import IncrementalSubstitutions
from zoo.interpretation.targets import Targets, targets_of
from zoo.models.creation import origin

TOP = Path(__file__).resolve().parents[2]
PEER = "from tools.bench.mutagenesis_tangermeme import serve; serve()"
MIDDLE = 128  # positions that are computed in full


class Case(NamedTuple):
    """A network of 64 filters: stem of 15 bp, max pooling, residual dilated layers."""

    length: int
    pool_size: int
    dilation_rates: tuple[int, ...]


CASES = {
    "pool 4, 4 layers, 1 kb": Case(1000, 4, (1, 2, 4, 8)),
    "pool 4, 4 layers, 2 kb": Case(2000, 4, (1, 2, 4, 8)),
    "no pool, 4 layers, 1 kb": Case(1000, 1, (1, 2, 4, 8)),
    "no pool, 9 layers, 1 kb": Case(1000, 1, tuple(2**n for n in range(9))),
}


def network(case: Case) -> keras.Model:
    """As `tools.bench.mutagenesis_tangermeme.Network`."""
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((case.length, 4), name="sequence")
    x = layers.Conv1D(64, 15, padding="same", activation="relu")(x)
    if case.pool_size > 1:
        x = layers.MaxPooling1D(case.pool_size)(x)
    for rate in case.dilation_rates:
        convolution = layers.Conv1D(
            64, 3, padding="same", dilation_rate=rate, activation="relu"
        )
        x = layers.Add()([x, convolution(x)])
    return keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))


class Counts:
    """Multiply-adds of the convolutions of windows, counted as they are computed."""

    reached = 0
    differing = 0

    def count(self, layer: Convolution, change: Change, result: Change | None) -> None:
        """Adds one call."""
        weights = layer.kernel.size
        self.differing += weights * _positions(change, 10**9)
        if result is not None:
            self.reached += weights * _positions(result, layer.length)


def _positions(change: Change, length: int) -> int:
    """Those of all rows that are within a tensor."""
    starts = change.start + np.arange(change.positions) * change.step
    ends = np.minimum(starts + change.width, length)
    return int((ends - np.maximum(starts, 0)).clip(0).sum()) * change.delta.shape[1]


@contextmanager
def counted() -> Iterator[Counts]:
    """Counts what is computed meanwhile."""
    counts, apply = Counts(), Convolution.apply

    def counting(self: Convolution, changes: Any, state: Any) -> Any:
        result = apply(self, changes, state)
        counts.count(self, changes[0], result)
        return result

    Convolution.apply = counting  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        Convolution.apply = apply  # type: ignore[method-assign]


class Row(NamedTuple):
    """What was measured of one model, seconds of a sequence."""

    windows: float
    full: float
    reached: float
    differing: float

    @property
    def gain(self) -> float:
        """How many times faster."""
        return self.full / self.windows


def measure(
    model: keras.Model, targets: Targets, length: int, count: int, repeats: int
) -> Row:
    """Measures one model, on random sequences of one length, so many in a call."""
    codes = np.random.default_rng(0).integers(0, 4, (count, length), dtype=np.uint8)
    by_windows = substitutions(model, targets)
    in_full = FullSubstitutions(model, targets)
    first = max(0, (length - MIDDLE) // 2)
    last = min(first + MIDDLE, length)
    counts, rest = Counts(), 0
    if isinstance(by_windows, IncrementalSubstitutions):
        with counted() as counts:
            by_windows(codes[:1])
        rest = sum(multiply_adds(c) or 0 for c in by_windows.plan(length).rest)
    else:
        by_windows(codes, first, last)
    in_full(codes, first, last)
    whole = sum(multiply_adds(call) or 0 for call in trace(model, length).calls)
    seconds: list[tuple[float, float]] = []
    for _ in range(repeats):
        windows = timed(lambda: by_windows(codes)).cpu
        full = timed(lambda: in_full(codes, first, last)).cpu
        seconds.append((windows / count, full * length / (last - first) / count))
    rows = 3 * length
    return Row(
        *map(statistics.median, zip(*seconds, strict=True)),
        *(
            whole * rows / (of + rest * rows) if of else 1.0
            for of in (counts.reached, counts.differing)
        ),
    )


class Peer:
    """tangermeme in its own process, which answers each network with its seconds."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen(
            [python, "-c", PEER],
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, case: Case) -> float:
        """Processor seconds of a sequence there."""
        assert self.process.stdin is not None and self.process.stdout is not None
        words = case.length, case.pool_size, *case.dilation_rates
        print(*words, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tangermeme", metavar="PYTHON", help="that has tangermeme")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cases", nargs="*", choices=[[], *CASES], default=list(CASES))
    options = parser.parse_args()
    peer = Peer(options.tangermeme) if options.tangermeme else None
    rows: list[list[object]] = []
    for name in options.cases:
        case = CASES[name]
        model = network(case)
        row = measure(model, targets_of(model), case.length, 1, options.repeats)
        theirs: list[object] = []
        if peer:
            seconds = peer.seconds(case)
            theirs = [seconds, row.windows / seconds]
        rows.append([name, *_cells(row), *theirs])
    header = ["", "windows", "full", "gain", "reached", "differing", "share"]
    print_table(header + ["tangermeme", "of it"] * bool(peer), rows)
    if peer:
        peer.process.communicate()
    rows = []
    for release in zoo.list_models():
        model = zoo.load(release)
        heads = [shape for shape in model.outputs if len(shape.shape) == 2]
        targets = targets_of(model, reduction=None if heads else "sum")
        length = _length(model)
        count = max(1, 500 // length)
        row = measure(model, targets, length, count, options.repeats)
        rows.append([f"{release}, {length} bp", *_cells(row)])
    print_table(header, rows)


def _cells(row: Row) -> list[object]:
    share = f"{row.gain / row.reached:.0%}"
    return [row.windows, row.full, row.gain, row.reached, row.differing, share]


def _length(model: keras.Model) -> int:
    """What it was trained on, in bp, or 1 kb."""
    made = origin(model)
    trained = made.training_length if made else None
    fixed: int | None = model.inputs[0].shape[1]
    return fixed or trained or 1000


if __name__ == "__main__":
    main()
