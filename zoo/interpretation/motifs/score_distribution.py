"""The exact distribution of a filter's score on random bases."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError
from zoo.interpretation.motifs.background import UNIFORM, Background, base_frequencies
from zoo.interpretation.motifs.scores import check_weights

#: Of scores, in nats: the step on which probabilities are added up.
GRANULARITY = 1e-3
_MAX_STEPS = 1 << 26  # 512 MB of float64


@dataclass(frozen=True, eq=False)
class ScoreDistribution:
    """Distribution of the score S = sum_i W[i, s_i] on independent random bases.

    Each weight is rounded to a multiple of the granularity g, K_ib = round(W_ib / g).
    The distribution of K = sum_i K_i is exact: integers, added column by column,

        P_i(k) = sum_b q_b P_{i-1}(k - K_ib)

    The rounding errors e_ib = W_ib - g K_ib are known, too, so that for every word

        g K + low <= S <= g K + high,  low = sum_i min_b e_ib,  high = sum_i max_b e_ib

    and high - low <= width * g. What is said of S below are therefore bounds that hold
    for certain (up to float64's rounding of sums of positive numbers, less than 1e-9 of
    the value), not estimates.

    Args:
        probabilities: P(K = first + i), float64 (steps,).
        first: The lowest K.
        granularity: g, in the units of the score.
        low: As above.
        high: As above.

    Source:
        Dynamic programming over rounded scores and its bounds: Touzet and Varre 2007,
        doi:10.1186/1748-7188-2-15. Deviations: weights are rounded to the nearest
        multiple, not down, and the errors are summed up as they are instead of by
        their largest possible value.
    """

    probabilities: npt.NDArray[np.float64]
    first: int
    granularity: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """How far `threshold` may lie above the best one, in the units of the score."""
        return self.high - self.low + self.granularity / 2

    def false_positive_rate(self, threshold: float) -> tuple[float, float]:
        """Bounds of P(S > threshold).

        Returns:
            The rate is at least the first and at most the second.
        """
        steps = (threshold - np.array([self.low, self.high])) / self.granularity
        # Rounding of this division must not move a bound past a whole step.
        slack = 1e-9 * (1 + np.abs(steps)) * np.array([1, -1])
        lowest = np.floor(steps + slack) + 1 - self.first
        index = np.clip(lowest, 0, len(self.probabilities)).astype(int)
        lower, upper = self._tail[index]
        return float(lower), float(upper)

    def threshold(self, false_positive_rate: float) -> float:
        """The lowest threshold t that is sure to keep P(S > t) <= false_positive_rate.

        It lies at most `error` above the best one, and half a granularity above the
        scores that it must exclude, so that rounding in float32 lets none of them in.

        Raises:
            InputError: Not a rate between 0 and 1, or one so low that even the best
                word comes more often.
        """
        check_rate(false_positive_rate)
        # _tail does not increase: its first value that is low enough.
        index = int(np.searchsorted(-self._tail, -false_positive_rate))
        if index == len(self.probabilities):
            raise InputError(
                "Expected a false-positive rate that a threshold can reach. Received: "
                f"{false_positive_rate:g}, and the best-scoring word alone comes at a "
                f"rate of {self._tail[-2]:.3g}. Raise the rate, or use a wider motif."
            )
        return self.granularity * (self.first + index - 0.5) + self.high

    @functools.cached_property
    def _tail(self) -> npt.NDArray[np.float64]:
        """P(K >= first + i), (steps + 1,), the last 0."""
        tail = np.zeros(len(self.probabilities) + 1)
        np.cumsum(self.probabilities[::-1], out=tail[-2::-1])
        return tail


def score_distribution(
    weights: npt.ArrayLike,
    *,
    background: Background = UNIFORM,
    granularity: float = GRANULARITY,
) -> ScoreDistribution:
    """Computes the distribution of a filter's score on random bases.

    Time and memory grow with (range of the score) / granularity.

    Args:
        weights: (width, 4), A C G T, e.g. from `log_odds`.
        background: Frequencies of A, C, G, T.
        granularity: Step of the scores, in their units.

    Raises:
        InputError: No weights, no base frequencies, or a granularity that is not
            positive or needs more than 512 MB.
    """
    weights, q = check_weights(weights), base_frequencies(background)
    if not granularity > 0:
        raise InputError(
            f"Expected a positive granularity. Received: granularity={granularity}."
        )
    span = np.ptp(weights, axis=1).sum() / granularity
    if not span + len(weights) < _MAX_STEPS:
        raise InputError(
            f"Expected at most {_MAX_STEPS:,} steps of score. Received: weights that "
            f"span {span:.3g} steps of granularity={granularity}. Raise it."
        )
    steps = np.rint(weights / granularity)
    errors = weights - steps * granularity
    firsts = steps.min(axis=1)
    offsets = (steps - firsts[:, None]).astype(np.int64)
    probabilities = np.ones(1)
    # Narrow columns first keep the arrays short for longer.
    for column in offsets[np.argsort(offsets.max(axis=1))]:
        size = len(probabilities)
        longer = np.zeros(size + column.max())
        for base, offset in enumerate(column):
            longer[offset : offset + size] += q[base] * probabilities
        probabilities = longer
    return ScoreDistribution(
        probabilities,
        int(firsts.sum()),
        float(granularity),
        float(errors.min(axis=1).sum()),
        float(errors.max(axis=1).sum()),
    )


def check_rate(false_positive_rate: float) -> None:
    """Refuses what is not a probability between 0 and 1.

    Raises:
        InputError: It is 0 or less, 1 or more, or NaN.
    """
    if not 0 < false_positive_rate < 1:
        raise InputError(
            "Expected a false-positive rate between 0 and 1, per position and filter. "
            f"Received: {false_positive_rate}."
        )
