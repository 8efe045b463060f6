"""The bias of a filter as the threshold of its score, for a false-positive rate."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from zoo.interpretation.motifs.background import UNIFORM, Background, base_frequencies
from zoo.interpretation.motifs.score_distribution import (
    GRANULARITY,
    check_rate,
    score_distribution,
)
from zoo.interpretation.motifs.scores import check_weights


def score_moments(
    weights: npt.ArrayLike, *, background: Background = UNIFORM
) -> tuple[float, float]:
    """Mean and standard deviation of a filter's score on random bases.

        mu = sum_i mu_i,  mu_i = sum_b q_b W_ib
        sigma^2 = sum_i (sum_b q_b W_ib^2 - mu_i^2)

    as the columns are independent.

    Args:
        weights: (width, 4), A C G T.
        background: Frequencies q of A, C, G, T.

    Returns:
        mu and sigma, in the units of the score.

    Raises:
        InputError: No weights or no base frequencies.
    """
    weights, q = check_weights(weights), base_frequencies(background)
    means = weights @ q
    variances = np.square(weights - means[:, None]) @ q
    return float(means.sum()), float(np.sqrt(variances.sum()))


def gaussian_bias(
    weights: npt.ArrayLike,
    false_positive_rate: float,
    *,
    background: Background = UNIFORM,
) -> float:
    """The bias for a false-positive rate alpha, if the score were Gaussian.

        beta = -mu - sigma * Phi^-1(1 - alpha)

    The score is a sum of independent terms, so wide filters come near it in the
    middle; the tail, where thresholds are, is another matter: `ScoreDistribution` has
    the true rate.

    Args:
        weights: (width, 4), A C G T.
        false_positive_rate: alpha, per position and strand: the share of windows of
            random bases with score + bias > 0.
        background: Frequencies of A, C, G, T.

    Returns:
        beta, in the units of the score.

    Raises:
        InputError: No weights, no base frequencies or no rate between 0 and 1.

    Source:
        Central limit theorem with the moments of `score_moments`; the same null model
        as Staden 1989, doi:10.1093/bioinformatics/5.2.89.
    """
    check_rate(false_positive_rate)
    mu, sigma = score_moments(weights, background=background)
    # Phi^-1(1 - alpha) = -Phi^-1(alpha), which loses no digits for a small alpha.
    return -mu + sigma * NormalDist().inv_cdf(false_positive_rate)


def exact_bias(
    weights: npt.ArrayLike,
    false_positive_rate: float,
    *,
    background: Background = UNIFORM,
    granularity: float = GRANULARITY,
) -> float:
    """The bias that is sure to keep a false-positive rate, by the exact distribution.

    Minus the threshold of `ScoreDistribution.threshold`: at most about
    width * granularity lower than the best bias. A rate between two that words can
    have gives the lower of them.

    Args:
        weights: (width, 4), A C G T.
        false_positive_rate: Per position and strand: the share of windows of random
            bases with score + bias > 0.
        background: Frequencies of A, C, G, T.
        granularity: Step of the scores, in their units.

    Raises:
        InputError: As `score_distribution`, or a rate that no threshold reaches, as
            for a narrow motif whose best word alone comes more often.
    """
    distribution = score_distribution(
        weights, background=background, granularity=granularity
    )
    return -distribution.threshold(false_positive_rate)
