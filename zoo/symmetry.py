"""The reverse-complement contract of a model: measure it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zoo.dna import reverse_complement_codes
from zoo.prediction import predict

if TYPE_CHECKING:
    import keras


def strand_difference(model: keras.Model, codes: np.ndarray) -> float:
    """The largest |f(x) - f(RC x)| over some sequences.

    For a profile, the bins of the second prediction are reversed first.

    Args:
        model: (batch, length, 4) -> (batch, num_outputs) or (batch, bins,
            num_outputs); its outputs mean the same on both strands.
        codes: uint8 (n, length).

    Returns:
        In the model's own units (logits); below 1e-5 for an equivariant model in
        float32.
    """
    forward = predict(model, codes)
    reverse = predict(model, reverse_complement_codes(codes))
    if reverse.ndim == 3:
        reverse = reverse[:, ::-1]
    return float(np.abs(forward - reverse).max())
