"""A collection of motifs as the kernel of a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError, check_at_least
from zoo.interpretation.motifs.background import Background, base_frequencies
from zoo.interpretation.motifs.motif import Matrix, Motif, check_motifs
from zoo.interpretation.motifs.scores import PSEUDOCOUNT, check_weights, log_odds


class Fitted(NamedTuple):
    """The weights of a motif in a kernel of another width.

    Attributes:
        weights: (kernel_size, 4); zeros where the motif has no column.
        columns: The columns [start, stop) of the motif that are kept.
        offset: The position in the kernel of the first of them.
    """

    weights: Matrix
    columns: tuple[int, int]
    offset: int


def fit_to_width(
    weights: npt.ArrayLike, kernel_size: int, *, background: Background
) -> Fitted:
    """Puts log-odds weights into a kernel, whatever the two widths.

    A motif that is too wide keeps the adjacent columns whose information
    sum_ib P_ib W_ib, P_ib = q_b exp(W_ib), is largest, the first of equals. A narrower
    one stands in the middle (left of it where it cannot), between zeros, which score
    every base alike.

    Args:
        weights: Log-odds (width, 4), as from `log_odds`.
        kernel_size: Width of the kernel in bp.
        background: The frequencies q that the weights were made with.

    Raises:
        InputError: No weights, no base frequencies, or kernel_size below 1.
    """
    weights, q = check_weights(weights), base_frequencies(background)
    check_at_least(1, kernel_size=kernel_size)
    start = 0
    if len(weights) > kernel_size:
        information = (q * np.exp(weights) * weights).sum(axis=1)
        sums = np.convolve(information, np.ones(kernel_size), mode="valid")
        start = int(sums.argmax())
    kept = weights[start : start + kernel_size]
    offset = (kernel_size - len(kept)) // 2
    fitted = np.zeros((kernel_size, 4))
    fitted[offset : offset + len(kept)] = kept
    return Fitted(fitted, (start, start + len(kept)), offset)


def motif_filters(
    motifs: Sequence[Motif],
    kernel_size: int | None = None,
    *,
    background: Background | None = None,
    pseudocount: float = PSEUDOCOUNT,
) -> npt.NDArray[np.float32]:
    """The kernel of a convolution that scores motifs by log-likelihood ratio.

    For `Conv1D` and `RCConv1D`. On one-hot input, output channel o at each position is
    the score of `log_odds` of motif o in the window of kernel_size bp there (Keras's
    convolutions do not flip their kernels). N and padding add 0, see `log_odds`. As the
    kernel of `RCConv1D`, partner channels give the score of the same motif on the other
    strand. A float32 convolution agrees with float64 to 1e-5 + 1e-6 |score|.

    Args:
        motifs: At least one.
        kernel_size: Width in bp; that of the widest motif by default. How narrower
            and wider motifs fit in: `fit_to_width`. A motif that loses columns scores
            those that are left.
        background: Frequencies of A, C, G, T; those of each motif by default.
        pseudocount: As in `log_odds`.

    Returns:
        float32 (kernel_size, 4, motifs), in nats.

    Raises:
        InputError: No motif, or as `log_odds`.

    Source:
        Stormo 2000, doi:10.1093/bioinformatics/16.1.16; as filters of a network:
        Alipanahi et al. 2015, doi:10.1038/nbt.3300.
    """
    check_motifs(motifs)
    if not motifs:
        raise InputError("Expected at least one motif. Received: none.")
    if kernel_size is None:
        kernel_size = max(motif.width for motif in motifs)
    kernels = []
    for motif in motifs:
        q = motif.background if background is None else background
        weights = log_odds(motif, background=q, pseudocount=pseudocount)
        kernels.append(fit_to_width(weights, kernel_size, background=q).weights)
    return np.stack(kernels, axis=-1).astype(np.float32)
