"""Chapter 6: pooling, log-sum-exp and the optimal detector."""

from __future__ import annotations

import math

import numpy as np

from zoo.practice.kinds import Computed


def _log_sum_exp(scores: list[float], temperature: float) -> float:
    return temperature * float(np.logaddexp.reduce(np.array(scores) / temperature))


LOG_SUM_EXP = Computed(
    solution=_log_sum_exp,
    inputs=[
        ([1.0, 2.0, 4.0], 1.0),
        ([0.5, -0.5], 2.0),
        ([1000.0, 999.0, 10.0], 0.5),
        ([-1000.0, -1001.0], 1.0),
    ],
    mistakes={
        "This is with the mean of the exponentials. Their sum is asked for.": (
            lambda scores, temperature: (
                _log_sum_exp(scores, temperature) - temperature * math.log(len(scores))
            )
        ),
        "The units: the logarithm is to be multiplied by the temperature again.": (
            lambda scores, temperature: _log_sum_exp(scores, temperature) / temperature
        ),
        "Scores are divided by the temperature, not multiplied by it.": (
            lambda scores, temperature: (
                temperature * _log_sum_exp([s * temperature for s in scores], 1.0)
            )
        ),
        "That is the maximum. What you take out of the sum is only a part of it.": (
            lambda scores, temperature: max(scores)
        ),
        "What was taken out of the sum, so that it does not overflow, has to be "
        "added again.": lambda scores, temperature: (
            _log_sum_exp(scores, temperature) - max(scores)
        ),
    },
)

SITE_EVIDENCE = Computed(
    solution=lambda scores: float(np.log(np.mean(np.exp(scores)))),
    inputs=[([0.0, 8.0, -3.0, 1.5],), ([-2.0, -2.5],), ([3.0] * 5,)],
    mistakes={
        "Is a site at each of the places as likely as one site? Each place has "
        "the probability 1 / n.": lambda scores: _log_sum_exp(scores, 1.0),
        "That looks at the best place alone. The others may hold the site, too: their "
        "likelihoods count.": lambda scores: max(scores),
        "A sum of scores is the evidence for a site at each of the places at once. One "
        "site is asked for.": lambda scores: float(sum(scores)),
        "Likelihoods are averaged over what is unknown, not their logarithms.": (
            lambda scores: float(np.mean(scores))
        ),
        "That is the ratio. Its logarithm is asked for.": (
            lambda scores: float(np.mean(np.exp(scores)))
        ),
    },
)
