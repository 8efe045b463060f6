"""How long the exact bias of a 20-column motif takes, against Biopython's threshold.

    python -m tools.bench.motif_threshold

All compute the distribution of the score on random bases and read off the threshold of
one false-positive rate:

- `exact_bias`, which is sure to keep the rate;
- numpy.convolve of the columns' distributions, on the same steps;
- Biopython's `ScoreDistribution`, an estimate without bounds, on BIOPYTHON_STEPS only:
  it is a loop in Python. Left out if it is not installed (`pip install biopython`).

Prints the median of repeats for ours, and one run of the others, which take seconds.
Seconds are those of the processor: none of the three uses more than one thread, and
other work on the machine does not count.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from tools.bench.timing import medians, print_table, timed
from zoo import samples
from zoo.interpretation.motifs import Motif, exact_bias, log_odds
from zoo.interpretation.motifs.score_distribution import GRANULARITY

REPEATS, RATE, LIMIT, BIOPYTHON_STEPS = 21, 1e-4, 0.050, 2_000


def main() -> None:
    generator = np.random.default_rng(0)
    sharp = Motif("random, sharp", generator.dirichlet(np.full(4, 0.1), 20) * 1e5)
    compare(samples.motifs()["REST"], peers=True)
    # Its scores span more; the peers would take minutes.
    compare(sharp, peers=False)


def compare(motif: Motif, *, peers: bool) -> None:
    weights = log_odds(motif)
    work: dict[str, Callable[[], float]] = {
        "exact_bias": lambda: -exact_bias(weights, RATE)
    }
    ours = medians(work, REPEATS)["exact_bias"].cpu
    if peers:
        work["numpy.convolve"] = lambda: convolved(weights)
    if peers and importlib.util.find_spec("Bio"):
        work[f"Biopython, {BIOPYTHON_STEPS} steps"] = lambda: biopython(weights)
    rows = []
    for name, function in work.items():
        thresholds: list[float] = []
        once = timed(partial(_keep, function, thresholds)).cpu
        seconds = ours if name == "exact_bias" else once
        rows.append((name, 1e3 * seconds, seconds / ours, f"{thresholds[0]:.3f}"))
    title = f"{motif}: {motif.width} columns, rate {RATE:g}"
    print_table([title, "ms", "x ours", "threshold"], rows)
    print(f"exact_bias is {ours / LIMIT:.2f} of the limit of {1e3 * LIMIT:.0f} ms\n")


def _keep(function: Callable[[], float], results: list[float]) -> None:
    results.append(function())


def convolved(weights: np.ndarray) -> float:
    steps = np.rint(weights / GRANULARITY).astype(int)
    offsets = steps - steps.min(axis=1, keepdims=True)
    columns = [np.bincount(column, minlength=1) / 4 for column in offsets]
    tail = np.cumsum(reduce(np.convolve, columns)[::-1])[::-1]
    return GRANULARITY * float(steps.min(axis=1).sum() + np.argmax(tail <= RATE))


def biopython(weights: np.ndarray) -> float:
    module = importlib.import_module("Bio.motifs.matrix")
    columns = dict(zip("ACGT", weights.T.tolist(), strict=True))
    matrix = module.PositionSpecificScoringMatrix("ACGT", columns)
    # Its number of steps is precision * width.
    distribution = matrix.distribution(precision=BIOPYTHON_STEPS // len(weights))
    return float(distribution.threshold_fpr(RATE))


if __name__ == "__main__":
    main()
