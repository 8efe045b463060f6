"""How much BPNet's counts loss weighs beside its profile loss."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from zoo.errors import check_choice


def counts_loss_weight(
    total_counts: npt.ArrayLike,
    *,
    alpha: float = 1.0,
    statistic: Literal["mean", "median"] = "mean",
) -> float:
    """The lambda of BPNet's loss: alpha / 2 times the mean of the total counts.

        profile loss + lambda (ln(1 + n) - z)^2

    Were counts Poisson, ln(n) would be known to a variance of 1 / n, and n / 2 times
    the square would be their log-likelihood: alpha = 1 gives both halves their
    weight in the likelihood. Smaller values put more weight on the profile. A median is
    not moved by a few regions with very many reads: ChromBPNet takes a tenth of it,
    `alpha=0.2, statistic="median"`, and at least 1.

    Args:
        total_counts: Counts over the whole profile, of the training examples, of any
            shape, e.g. (examples, num_outputs); NaN is missing.
        alpha: Above 0.
        statistic: Of the counts.

    Returns:
        lambda, for `loss_weights` of `model.compile`.

    Raises:
        ValueError: alpha is not positive, there is no such statistic, or the counts are
            negative or all missing, or all 0.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6, Methods, lambda = alpha / 2
        times the mean; Pampari et al. 2025, doi:10.1101/2024.12.25.630221, whose
        code has the median.
    """
    counts = np.asarray(total_counts, np.float64)
    counts = counts[~np.isnan(counts)]
    check_choice("statistic", statistic, ("mean", "median"))
    if alpha <= 0:
        raise ValueError(f"alpha must be above 0. Received: alpha={alpha}")
    if not counts.size or counts.min() < 0 or counts.max() == 0:
        raise ValueError(
            "total_counts must be counts of 0 or more, not all 0 or missing. Received: "
            f"{counts.size} known, from {counts.min(initial=np.inf)} to "
            f"{counts.max(initial=-np.inf)}"
        )
    return float(alpha / 2 * getattr(np, statistic)(counts))
