"""The bias of a filter as the threshold of its score, for a false-positive rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError
from zoo.interpretation.motifs.background import UNIFORM, Background, base_frequencies
from zoo.interpretation.motifs.score_distribution import (
    GRANULARITY,
    check_rate,
    score_distribution,
)
from zoo.interpretation.motifs.scores import check_weights, scan


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
    middle; the tail, where thresholds are, is another matter: see
    `gaussian_report`.

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


def empirical_rate(
    weights: npt.ArrayLike, bias: float, sequences: Any
) -> tuple[float, float]:
    """The share of windows in given sequences with score + bias > 0.

    Args:
        weights: (width, 4), A C G T.
        bias: In the units of the score.
        sequences: As of `scan`, e.g. the codes of `simulate_background`.

    Returns:
        The share, and its standard error over sequences; 0 for a single one. Windows
        of one sequence overlap, so they are no independent draws.

    Raises:
        InputError: No weights, or sequences shorter than the filter.
    """
    shares = np.atleast_1d((scan(weights, sequences) + bias > 0).mean(axis=-1))
    spread = shares.std(ddof=1) / np.sqrt(shares.size) if shares.size > 1 else 0.0
    return float(shares.mean()), float(spread)


@dataclass(frozen=True)
class RateComparison:
    """One false-positive rate: what the Gaussian bias gives, and the exact one.

    Args:
        false_positive_rate: alpha, as asked for.
        gaussian_bias: Of `gaussian_bias`.
        gaussian_rate: Bounds of the true rate at that bias.
        exact_bias: Of `exact_bias`; None where no threshold reaches alpha.
        exact_rate: Bounds of the true rate at that bias; None likewise.
    """

    false_positive_rate: float
    gaussian_bias: float
    gaussian_rate: tuple[float, float]
    exact_bias: float | None
    exact_rate: tuple[float, float] | None

    @property
    def ratio(self) -> float:
        """True rate at the Gaussian bias / alpha; 1 if the approximation holds."""
        return sum(self.gaussian_rate) / 2 / self.false_positive_rate


@dataclass(frozen=True, repr=False)
class GaussianReport:
    """How far the Gaussian threshold of a filter is off; `print` it as a table.

    Args:
        mu: Mean of the score on random bases.
        sigma: Its standard deviation.
        rows: One for each false-positive rate.
    """

    mu: float
    sigma: float
    rows: tuple[RateComparison, ...]

    def __repr__(self) -> str:
        lines = [
            f"score on background: mean {self.mu:.2f}, standard deviation "
            f"{self.sigma:.2f}",
            f"{'alpha':>8} {'Gaussian bias':>14} {'true rate':>10} {'ratio':>7} "
            f"{'exact bias':>11} {'true rate':>10}",
        ]
        for row in self.rows:
            line = (
                f"{row.false_positive_rate:8.1e} {row.gaussian_bias:14.3f} "
                f"{sum(row.gaussian_rate) / 2:10.2e} {row.ratio:7.2f} "
            )
            if row.exact_bias is None or row.exact_rate is None:
                line += f"{'none':>11} {'-':>10}"
            else:
                line += f"{row.exact_bias:11.3f} {sum(row.exact_rate) / 2:10.2e}"
            lines.append(line)
        return "\n".join(lines)


def gaussian_report(
    weights: npt.ArrayLike,
    false_positive_rates: Sequence[float] = (0.05, 0.01, 1e-3, 1e-4, 1e-5),
    *,
    background: Background = UNIFORM,
    granularity: float = GRANULARITY,
) -> GaussianReport:
    """Compares the Gaussian bias with the exact distribution of a filter's score.

    Args:
        weights: (width, 4), A C G T.
        false_positive_rates: The values of alpha to compare at.
        background: Frequencies of A, C, G, T.
        granularity: Step of the scores, in their units.

    Raises:
        InputError: As `score_distribution`, or a rate that is not between 0 and 1.
    """
    distribution = score_distribution(
        weights, background=background, granularity=granularity
    )
    rows = []
    for alpha in false_positive_rates:
        gaussian = gaussian_bias(weights, alpha, background=background)
        try:
            threshold = distribution.threshold(alpha)
        except InputError:  # alpha itself was checked by gaussian_bias
            exact, rate = None, None
        else:
            exact = -threshold
            rate = distribution.false_positive_rate(threshold)
        bounds = distribution.false_positive_rate(-gaussian)
        rows.append(RateComparison(alpha, gaussian, bounds, exact, rate))
    return GaussianReport(*score_moments(weights, background=background), tuple(rows))
