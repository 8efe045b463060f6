"""Chapter 12: training objectives and honest evaluation."""

from __future__ import annotations

from fractions import Fraction
from math import factorial, prod

import numpy as np

from zoo.practice.kinds import Chosen, Computed

CHOOSE_LOSS = Chosen(
    solution={
        "factors": "binary_crossentropy",
        "splice": "categorical_crossentropy",
        "activity": "mean_squared_error",
        "reads": "poisson",
        "shape": "multinomial",
        "assayed": "masked_binary_crossentropy",
    },
    words=(
        "binary_crossentropy",
        "categorical_crossentropy",
        "mean_squared_error",
        "poisson",
        "multinomial",
        "masked_binary_crossentropy",
    ),
    mistakes={
        ("factors", "categorical_crossentropy"): "A softmax shares one probability "
        "out: if one factor binds, the others cannot.",
        ("factors", "masked_binary_crossentropy"): "Is anything missing here?",
        ("factors", ""): "The answers are yes or no, ten times.",
        ("splice", "binary_crossentropy"): "Three sigmoids could say yes three times, "
        "or never. Here one of three is right.",
        ("splice", ""): "One of three classes is right.",
        ("activity", ""): "Which loss is the negative log-likelihood of Gaussian noise "
        "of one size?",
        ("reads", "mean_squared_error"): "The noise of counts grows with their mean: "
        "the square would care for the largest bins alone.",
        ("reads", "multinomial"): "That is for how a given total is shared out. Here "
        "the number itself is to be predicted.",
        ("reads", ""): "These are small whole numbers, whose variance is about their "
        "mean.",
        ("shape", "poisson"): "Whatever their number: the total is given, and only "
        "where they lie is asked for.",
        ("shape", "categorical_crossentropy"): "Close: that is the case of one read. "
        "What is it called with many?",
        ("shape", ""): "A given number of reads is shared out over the bases.",
        ("assayed", "binary_crossentropy"): "What would the target be where nothing "
        "was tested? Neither 0 nor 1.",
        ("assayed", ""): "As `factors`, but some answers are not known.",
    },
)


def _softmax(logits: list[float]) -> np.ndarray:
    exponentials = np.exp(np.array(logits) - np.max(logits))
    return exponentials / exponentials.sum()


def _likelihood(logits: list[float], counts: list[int]) -> float:
    """As it is written: small factorials, in whole numbers."""
    ways = factorial(sum(counts)) // prod(map(factorial, counts))
    return ways * float(np.prod(_softmax(logits) ** np.array(counts)))


def _without_ways(logits: list[float], counts: list[int]) -> float:
    return float(-np.log(np.prod(_softmax(logits) ** np.array(counts))))


def _rate_per_base(logits: list[float], counts: list[int]) -> float:
    rates = np.exp(logits)
    return float(
        sum(
            rate - count * np.log(rate) + np.log(float(factorial(count)))
            for rate, count in zip(rates, counts, strict=True)
        )
    )


PROFILE_LOSS = Computed(
    solution=lambda logits, counts: float(-np.log(_likelihood(logits, counts))),
    inputs=[
        ([0.0, 1.0, 2.0, -1.0], [1, 0, 3, 2]),
        ([5.0, 5.0, 4.0], [2, 2, 2]),
        ([-3.0, 1.0], [0, 1]),
    ],
    mistakes={
        "The number of ways to share the reads out is missing: N! / (k_1! ... k_n!).": (
            _without_ways
        ),
        "The sign of the factorials: more ways make the counts more likely, and the "
        "loss smaller.": lambda logits, counts: (
            2 * _without_ways(logits, counts)
            + float(np.log(_likelihood(logits, counts)))
        ),
        "That is the likelihood's logarithm. The loss is its negative.": (
            lambda logits, counts: float(np.log(_likelihood(logits, counts)))
        ),
        "Logits are no logarithms of probabilities yet: a softmax makes them add up to "
        "1.": lambda logits, counts: float(
            -np.log(_likelihood(logits, counts))
            + np.dot(counts, np.log(_softmax(logits)) - np.array(logits))
        ),
        "That is a Poisson loss, in which each base has a rate of its own. Here the "
        "total is given.": _rate_per_base,
        "That is the mean over bases. A likelihood is a product over them: a sum of "
        "logarithms.": lambda logits, counts: float(
            -np.log(_likelihood(logits, counts)) / len(counts)
        ),
    },
)


def _area(scores: list[float], labels: list[int], tie: float = 0.5) -> float:
    """By the curve: from one threshold to the next, a trapezoid."""
    values, truth = np.array(scores), np.array(labels)
    area = true = false = 0.0
    for threshold in sorted(set(scores), reverse=True):
        here = values == threshold
        more_true = float(np.sum(here & (truth == 1)) / np.sum(truth == 1))
        more_false = float(np.sum(here & (truth == 0)) / np.sum(truth == 0))
        area += more_false * (true + tie * more_true)
        true, false = true + more_true, false + more_false
    assert abs(true - 1) + abs(false - 1) < 1e-9
    return area


AUROC = Computed(
    solution=_area,
    inputs=[
        ([0.9, 0.8, 0.8, 0.3, 0.1], [1, 1, 0, 0, 1]),
        ([1.0, 1.0, 1.0], [1, 0, 0]),
        ([-2.0, 3.0, 0.5, 0.4], [0, 1, 1, 0]),
    ],
    mistakes={
        "A tie counts one half. Here it counts nothing.": lambda scores, labels: _area(
            scores, labels, tie=0.0
        ),
        "A tie counts one half. Here it counts as if it were won.": (
            lambda scores, labels: _area(scores, labels, tie=1.0)
        ),
        "That is how often a negative scores above a positive.": (
            lambda scores, labels: 1 - _area(scores, labels)
        ),
        "That is the share of right answers at a threshold of one half. AUROC is over "
        "all pairs, and has no threshold.": lambda scores, labels: np.mean(
            [(s > 0.5) == y for s, y in zip(scores, labels, strict=True)]
        ).item(),
    },
)


def _bins(
    probabilities: list[float], labels: list[int], bins: int
) -> list[tuple[float, float]]:
    """The size of each bin that is not empty, and its gap."""
    p, y = np.array(probabilities), np.array(labels)
    edges = np.linspace(0, 1, bins + 1)
    which = np.minimum(np.searchsorted(edges, p, side="right") - 1, bins - 1)
    return [
        (
            float(np.mean(which == b)),
            float(abs(p[which == b].mean() - y[which == b].mean())),
        )
        for b in np.unique(which)
    ]


CALIBRATION_ERROR = Computed(
    solution=lambda *arguments: sum(size * gap for size, gap in _bins(*arguments)),
    inputs=[
        ([0.1, 0.15, 0.3, 0.8, 0.9, 1.0], [0, 1, 0, 1, 1, 1], 4),
        ([0.95, 0.97, 0.92, 0.1], [1, 0, 0, 0], 10),
    ],
    mistakes={
        "Bins count by the number of their examples.": lambda *arguments: float(
            np.mean([gap for _, gap in _bins(*arguments)])
        ),
        "Empty bins have no difference, and examples are what is averaged over, not "
        "bins.": lambda p, y, bins: sum(gap for _, gap in _bins(p, y, bins)) / bins,
        "The differences are taken without their sign, not squared.": (
            lambda *arguments: sum(size * gap**2 for size, gap in _bins(*arguments))
        ),
        "That is one bin for all. Errors in opposite directions cancel there.": (
            lambda p, y, bins: float(abs(np.mean(p) - np.mean(y)))
        ),
        "That is each example against its own label, which is 0 or 1. Shares are of "
        "bins.": lambda p, y, bins: float(np.mean(np.abs(np.array(p) - np.array(y)))),
    },
)


def _share(tp: int, fp: int, fn: int, tn: int, prevalence: float) -> float:
    """By counting windows of a genome, in fractions."""
    share = Fraction(prevalence).limit_denominator(10**6)
    right = share * Fraction(tp, tp + fn)
    wrong = (1 - share) * Fraction(fp, fp + tn)
    return float(right / (right + wrong))


GENOME_PRECISION = Computed(
    solution=_share,
    inputs=[(90, 5, 10, 95, 0.001), (80, 20, 20, 80, 0.02), (99, 1, 1, 99, 0.5)],
    mistakes={
        "That is the precision of the test, where half of all examples are "
        "positive.": lambda tp, fp, fn, tn, prevalence: tp / (tp + fp),
        "That is the sensitivity: of the positives, the share that is called.": (
            lambda tp, fp, fn, tn, prevalence: tp / (tp + fn)
        ),
        "How many negative windows has the genome, and how many of them are called "
        "by mistake?": lambda tp, fp, fn, tn, prevalence: (
            tp / (tp + fn) * prevalence / (tp / (tp + fn) * prevalence + fp / (fp + tn))
        ),
        "That is in percent. A share is a number from 0 to 1.": (
            lambda tp, fp, fn, tn, prevalence: 100 * _share(tp, fp, fn, tn, prevalence)
        ),
        "That is the share of all windows that are called and positive. Of the windows "
        "that are called is asked.": lambda tp, fp, fn, tn, prevalence: (
            tp / (tp + fn) * prevalence
        ),
    },
)

READ_HISTORY = Chosen(
    solution={
        "a": "overfitting",
        "b": "leakage",
        "c": "no_learning",
        "d": "dropout",
    },
    words=("overfitting", "leakage", "no_learning", "dropout", "underfitting"),
    mistakes={
        ("a", ""): "Training loss goes to 0, and validation loss turns around. What "
        "does the network learn after epoch 5?",
        ("b", "overfitting"): "Then validation loss would rise. It follows the "
        "training loss all the way, and other chromosomes do not.",
        ("b", ""): "Training and validation agree, other chromosomes do not: what do "
        "the first two share?",
        ("c", "underfitting"): "A small network would learn at least a little. What is "
        "exp(-0.693)?",
        ("c", ""): "Nothing moves. What is exp(-0.693)?",
        ("d", "underfitting"): "Is validation worse than what you would like, or is "
        "it the training loss that looks bad?",
        ("d", ""): "Validation is better than training, and other chromosomes agree "
        "with it. What is switched on in training only?",
    },
)
