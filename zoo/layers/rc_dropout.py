"""Dropout that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import LayerOptions
from zoo.layers.strands import PairedLayer


@keras.saving.register_keras_serializable(package="seqzoo")
class RCDropout(PairedLayer, keras.layers.Dropout):
    """Dropout with a mask that is its own reverse complement.

    A mask m drawn freely commutes in distribution only: with one and the same m, the
    two strands lose different features. Here

        m[i, c] = m[length - 1 - i, partner of c]

    so RC(x * m) = RC(x) * m: for a given state of the seed, layer(RC(x)) = RC(layer(x))
    exactly, in training as well. Each element is kept with probability 1 - rate, and
    independently of all others but its mirror image. The price: what one element
    loses, its mirror image loses as well.

    With spatial=True whole channels are dropped, at all positions: m[c] = m[partner of
    c], the same for both partners.

    The mask is m = (u + RC(u)) mod 1 >= rate with u uniform in [0, 1): a sum of two
    independent uniform numbers, taken modulo 1, is uniform again, and so is twice the
    same one, where a fixed point of the pairing meets the middle of the sequence.

    Args:
        rate: Share of elements to drop, 0 <= rate < 1; the others are multiplied by
            1 / (1 - rate).
        spatial: Whether to drop whole channels, as `keras.layers.SpatialDropout1D`.
        pairing: The partner of each channel, see `zoo.layers.pairings`; None for the
            reversal.
        seed: Of the masks; None for a random one.

    Input shape:
        (batch, length, channels) or (batch, channels), with that pairing.

    Output shape:
        As the input, which it is outside of training.

    Raises:
        ValueError: rate is out of range, or the channels do not fit the pairing.

    Source:
        Brown and Lunter, doi:10.1093/bioinformatics/bty964: dropout with masks that are
        symmetric under the reverse complement. Deviations: it acts in training only
        (theirs also samples at prediction, a Bayesian network), channels can be
        dropped as a whole, and any pairing will do.
    """

    def __init__(
        self,
        rate: float,
        *,
        spatial: bool = False,
        pairing: Sequence[int] | None = None,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be 0 <= rate < 1. Received: rate={rate}")
        super().__init__(rate, pairing=pairing, seed=seed, **options)
        self.spatial = spatial

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Drops elements in training; otherwise returns the input."""
        if not training or self.rate == 0:
            return inputs
        shape = list(ops.shape(inputs))
        if self.spatial and len(shape) == 3:
            shape[1] = 1
        uniform = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
        uniform = uniform + self._strands.reverse_complement(uniform)
        keep = uniform - ops.floor(uniform) >= self.rate
        return ops.where(keep, inputs / (1 - self.rate), ops.zeros_like(inputs))
