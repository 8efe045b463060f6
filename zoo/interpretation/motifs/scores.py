"""Motif -> log-odds weights -> scores of sequences (NumPy, float64)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.sequences import codes_of_one_length
from zoo.dna import check_codes
from zoo.errors import InputError
from zoo.interpretation.motifs.background import Background, base_frequencies
from zoo.interpretation.motifs.motif import Matrix, Motif

#: In sites, shared among the bases as in the background.
PSEUDOCOUNT = 0.8
_AT_A_TIME = 1 << 20  # scores computed at once: 8 MB


def log_odds(
    motif: Motif,
    *,
    background: Background | None = None,
    pseudocount: float = PSEUDOCOUNT,
) -> Matrix:
    """The filter that scores a sequence by its log-likelihood ratio.

        P_ib = (n_ib + a q_b) / (sum_b n_ib + a)
        W_ib = ln(P_ib / q_b)
        score(s) = sum_i W[i, s_i] = ln(P(s | motif) / P(s | background))

    with counts n, background q and pseudocount a. An N, which is zeros in one-hot,
    adds 0: it is a base that was not seen, and the likelihood ratio of "any base" is
    sum_b P_ib / sum_b q_b = 1. The same holds for the zeros beyond the ends of a
    sequence with padding="same".

    Args:
        motif: Counts (width, 4).
        background: Frequencies q of A, C, G, T; those of the motif by default.
        pseudocount: a, in sites, for a whole column. The default of 0.8 is the
            recommendation of Nishida et al.

    Returns:
        float64 (width, 4), A C G T, in nats (1 nat = 1.44 bits).

    Raises:
        InputError: A negative pseudocount, 0 where a base was never seen, or no base
            frequencies.

    Source:
        Stormo 2000, doi:10.1093/bioinformatics/16.1.16; pseudocount: Nishida, Frith
        and Nakai 2009, doi:10.1093/nar/gkn1019.
    """
    q = base_frequencies(motif.background if background is None else background)
    if not 0 <= pseudocount < np.inf:
        raise InputError(
            f"Expected a pseudocount of 0 or more. Received: pseudocount={pseudocount}."
        )
    counts = motif.counts + pseudocount * q
    if not counts.all():
        column = int((counts == 0).any(axis=1).argmax()) + 1
        raise InputError(
            f"{motif}: expected a pseudocount above 0, as column {column} has a base "
            "that was never seen: its weight would be minus infinity. Received: "
            f"pseudocount={pseudocount}."
        )
    return np.log(counts / counts.sum(axis=1, keepdims=True) / q)


def check_weights(weights: npt.ArrayLike) -> Matrix:
    """Weights as float64 (width, 4).

    Raises:
        InputError: Another shape, or weights that are not finite.
    """
    weights = np.asarray(weights, np.float64)
    if weights.ndim != 2 or weights.shape[1] != 4 or not len(weights):
        raise InputError(
            "Expected the weights (width, 4) of one filter on A C G T. Received shape: "
            f"{weights.shape}. Take kernel[:, :, i] of a kernel (width, 4, filters)."
        )
    if not np.isfinite(weights).all():
        raise InputError("Expected finite weights. Received: NaN or infinity.")
    return weights


def scan(weights: npt.ArrayLike, sequences: Any) -> Matrix:
    """Scores every window of sequences, as a convolution with padding="valid" does.

    The reference that filters are tested against, in float64 and without Keras.

    Args:
        weights: (width, 4).
        sequences: As `zoo.predict` takes them, of one length, or the codes (length,)
            of one; N adds 0.

    Returns:
        float64 (sequence, length - width + 1), or (length - width + 1,) of one.

    Raises:
        InputError: No weights, no sequences, or shorter ones than the filter.
    """
    weights = check_weights(weights)
    array = np.asarray(sequences) if hasattr(sequences, "__array__") else None
    if array is not None and array.ndim < 2 and array.dtype.kind in "iu":
        codes = check_codes(array)
    else:
        codes = codes_of_one_length(sequences)
    count = codes.shape[-1] - len(weights) + 1 if codes.ndim else 0
    if count < 1:
        raise InputError(
            f"Expected sequences of at least {len(weights)} bp, the width of the "
            f"filter. Received codes of shape {codes.shape}."
        )
    table = np.concatenate([weights, np.zeros((len(weights), 1))], axis=1)
    scores = np.zeros((*codes.shape[:-1], count))
    for column, row in enumerate(table):
        scores += row[codes[..., column : column + count]]
    return scores
