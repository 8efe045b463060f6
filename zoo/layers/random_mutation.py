"""Random substitutions."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.augmentation import UNKNOWN, Augmentation, check_rate
from zoo.layers.configured import LayerOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class RandomMutation(Augmentation):
    """In training, each base is substituted with probability `rate`.

    The new base is one of the three others, each with probability rate / 3, so `rate`
    is the expected share of bases that differ afterwards. N stays N.

    Args:
        rate: Probability of each base.
        seed: Of the substitutions.

    Input shape:
        (batch, length, 4) one-hot ACGT or (batch, length) codes; or a tuple of them
        and of targets, which are returned as they are.

    Output shape:
        As the input.

    Raises:
        ValueError: The rate is no probability.

    Source:
        Lee et al. 2023, EvoAug, doi:10.1186/s13059-023-02941-w. Deviations: each base
        is drawn by itself instead of a fixed number per sequence, and never replaced by
        itself.
    """

    def __init__(
        self,
        rate: float,
        *,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed=seed, **options)
        self.rate = check_rate(rate)

    def augment(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Turns the circle A C G T by 1, 2 or 3 places where a base mutates."""
        shape = ops.shape(x)[:2]
        turn = self.integers(shape, 1, UNKNOWN)
        turn = ops.where(self.uniform(shape) < self.rate, turn, 0)
        if len(x.shape) == 2:
            codes = ops.cast(x, "int32")
            turned = ops.cast(ops.mod(codes + turn, UNKNOWN), x.dtype)
            return ops.where(codes < UNKNOWN, turned, x), y
        mutated = x
        for places in (1, 2, 3):
            chosen = ops.expand_dims(turn == places, -1)
            mutated = ops.where(chosen, ops.roll(x, places, axis=-1), mutated)
        return mutated, y
