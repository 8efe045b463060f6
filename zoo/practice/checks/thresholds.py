"""Chapter 3: the bias is a threshold."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from zoo.practice.kinds import Computed

Rows = list[list[float]]
UNIFORM = [0.25] * 4


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


PRIOR_BIAS = Computed(
    solution=lambda score, prior: (
        prior * math.exp(score) / (prior * math.exp(score) + 1 - prior)
    ),
    inputs=[(8.0, 0.001), (12.0, 1e-5), (-1.0, 0.4), (0.0, 0.5)],
    mistakes={
        "The prior is missing: this is the probability if half of all windows were "
        "sites.": lambda score, prior: _sigmoid(score),
        "The odds of a prior p are p / (1 - p), not p.": lambda score, prior: _sigmoid(
            score + math.log(prior)
        ),
        "That is the bias plus the score, log-odds: a sigmoid makes them a "
        "probability.": lambda score, prior: score + math.log(prior / (1 - prior)),
        "These are odds. A probability p has the odds p / (1 - p): turn them "
        "back.": lambda score, prior: prior / (1 - prior) * math.exp(score),
        "The score is in nats: the likelihood ratio is e to the power of it, not "
        "2.": lambda score, prior: _sigmoid(
            score * math.log(2) + math.log(prior / (1 - prior))
        ),
        "The sign of the bias: a rare site needs a higher score to be believed, so "
        "its bias is negative.": lambda score, prior: _sigmoid(
            score - math.log(prior / (1 - prior))
        ),
    },
)


def _words(weights: Rows, background: list[float]) -> Iterator[tuple[float, float]]:
    """Score and probability of each word there is."""
    for word in itertools.product(range(4), repeat=len(weights)):
        yield (
            sum(row[base] for row, base in zip(weights, word, strict=True)),
            math.prod(background[base] for base in word),
        )


def _rate(weights: Rows, threshold: float, background: list[float]) -> float:
    return sum(p for score, p in _words(weights, background) if score >= threshold)


EXACT_RATE = Computed(
    solution=_rate,
    inputs=[
        ([[2, -1, -1, 0], [-3, 1, 2, 0], [1, 1, -2, 0]], 3, [0.3, 0.2, 0.2, 0.3]),
        ([[1, 0, 0, 0]] * 5, 2, [0.4, 0.1, 0.1, 0.4]),
        ([[1, 2, 3, 4]], 5, UNIFORM),
    ],
    mistakes={
        "At least the threshold: a score that is equal to it passes, too.": (
            lambda weights, threshold, background: _rate(
                weights, threshold + 1e-6, background
            )
        ),
        "Bases are not equally frequent: each comes with its frequency in the "
        "background.": lambda weights, threshold, background: _rate(
            weights, threshold, UNIFORM
        ),
        "That is the share of words, each counted as often as any other. How likely "
        "is a word?": lambda weights, threshold, background: sum(
            score >= threshold for score, _ in _words(weights, background)
        ),
        "That is the probability to stay below the threshold.": (
            lambda weights, threshold, background: (
                1 - _rate(weights, threshold, background)
            )
        ),
    },
)


def _moments(weights: Rows, background: list[float]) -> tuple[float, float]:
    """Mean and standard deviation over all words."""
    scores, probabilities = np.array(list(_words(weights, background))).T
    mean = float(scores @ probabilities)
    return mean, math.sqrt(float((scores - mean) ** 2 @ probabilities))


def _quantile(rate: float) -> float:
    return -NormalDist().inv_cdf(rate)


def _threshold(weights: Rows, rate: float, background: list[float]) -> float:
    mean, deviation = _moments(weights, background)
    return mean + deviation * _quantile(rate)


def _of_squares(weights: Rows, rate: float, background: list[float]) -> float:
    mean, deviation = _moments(weights, background)
    return mean + deviation**2 * _quantile(rate)


def _of_sums(weights: Rows, rate: float, background: list[float]) -> float:
    mean, _ = _moments(weights, background)
    columns = [_moments([row], background)[1] for row in weights]
    return mean + sum(columns) * _quantile(rate)


_MOTIF = [[1.2, -2.0, -1.5, 0.3], [-3.0, 1.3, -0.5, -1.0], [0.2, 0.1, 0.9, -4.0]]
GAUSSIAN_THRESHOLD = Computed(
    solution=_threshold,
    inputs=[
        (_MOTIF, 0.01, [0.3, 0.2, 0.2, 0.3]),
        ([[1.0, 0.0, 0.0, 0.0]] * 4, 0.001, [0.4, 0.1, 0.1, 0.4]),
    ],
    tolerance=1e-5,
    mistakes={
        "Variances of independent positions add up; their standard deviations do "
        "not.": _of_sums,
        "That goes up by variances. The quantile counts in standard deviations.": (
            _of_squares
        ),
        "Bases come with the frequencies of the background.": (
            lambda weights, rate, background: _threshold(weights, rate, UNIFORM)
        ),
        "That is the other tail: the threshold is passed by high scores, and lies "
        "above the mean.": lambda weights, rate, background: _threshold(
            weights, 1 - rate, background
        ),
        "Only scores above the threshold are false positives: the rate is that of one "
        "tail.": lambda weights, rate, background: _threshold(
            weights, rate / 2, background
        ),
    },
)

GENOME_HITS = Computed(
    solution=lambda contigs, width, rate: math.fsum(
        2 * rate * len(range(length - width + 1)) for length in contigs
    ),
    inputs=[([1000, 500, 8], 15, 0.001), ([250_000, 12], 12, 1e-4)],
    mistakes={
        "A genome is read on both strands.": lambda contigs, width, rate: (
            sum(max(0, length - width + 1) for length in contigs) * rate
        ),
        "No window reaches beyond the end of a contig: how many starts has "
        "one?": lambda contigs, width, rate: 2 * sum(contigs) * rate,
        "No window reaches from one contig into the next.": (
            lambda contigs, width, rate: 2 * (sum(contigs) - width + 1) * rate
        ),
        "A contig shorter than the motif has no windows, and not fewer than none.": (
            lambda contigs, width, rate: (
                2 * sum(length - width + 1 for length in contigs) * rate
            )
        ),
        "A window of w bp has length - w + 1 starts: one is missing on each contig.": (
            lambda contigs, width, rate: (
                2 * sum(max(0, length - width) for length in contigs) * rate
            )
        ),
    },
)
