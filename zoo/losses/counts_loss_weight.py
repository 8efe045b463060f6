"""How much BPNet's counts loss weighs beside its profile loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def counts_loss_weight(total_counts: npt.ArrayLike, *, alpha: float = 1.0) -> float:
    """The lambda of BPNet's loss: alpha / 2 times the mean of the total counts.

        profile loss + lambda (ln(1 + n) - z)^2

    Were counts Poisson, ln(n) would be known to a variance of 1 / n, and n / 2 times
    the square would be their log-likelihood: alpha = 1 gives both halves their
    weight in the likelihood. Smaller values put more weight on the profile.
    ChromBPNet takes a tenth of the median of the counts instead.

    Args:
        total_counts: Counts over the whole profile, of the training examples, of any
            shape, e.g. (examples, num_outputs); NaN is missing.
        alpha: Above 0.

    Returns:
        lambda, for `loss_weights` of `model.compile`.

    Raises:
        ValueError: alpha is not positive, or the counts are negative or all missing,
            or all 0.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6, Methods.
    """
    counts = np.asarray(total_counts, np.float64)
    counts = counts[~np.isnan(counts)]
    if alpha <= 0:
        raise ValueError(f"alpha must be above 0. Received: alpha={alpha}")
    if not counts.size or counts.min() < 0 or counts.max() == 0:
        raise ValueError(
            "total_counts must be counts of 0 or more, not all 0 or missing. Received: "
            f"{counts.size} known, from {counts.min(initial=np.inf)} to "
            f"{counts.max(initial=-np.inf)}"
        )
    return float(alpha / 2 * counts.mean())
