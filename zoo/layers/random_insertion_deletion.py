"""Random insertions and deletions at constant length."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_at_least
from zoo.layers.augmentation import (
    Augmentation,
    check_longest,
    check_rate,
    move,
    move_targets,
    where,
)
from zoo.layers.configured import LayerOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class RandomInsertionDeletion(Augmentation):
    """In training, a stretch is inserted into or deleted from each sequence.

    A sequence is changed with probability `rate`, by an insertion or by a deletion of
    n bases, equally often, n uniform from 1 to max_length, at a uniform place. The
    input remains a window of the same length on the changed molecule: an insertion
    pushes n bases out at the ends, a deletion lets n random ones in. How many of them
    on the left is uniform from 0 to n, so that neither strand is preferred. With the
    insertion in front of base p, and l of its n bases lost on the left,

        x'[i] = x[j] if j < p, x[j - n] if j >= p + n, else random    with j = i + l

    and with base p the first deleted one, and l new bases on the left,

        x'[i] = x[j] if 0 <= j < p, x[j + n] if p <= j < length - n, else random
                                                                      with j = i - l

    New bases are uniform.

    Args:
        max_length: bp, the most that is inserted or deleted.
        rate: Probability that a sequence is changed.
        base_resolution: Whether targets have one value per base, (batch, length,
            ...), and move with it. Otherwise they are returned as they are.
        target_fill_value: Of targets of new bases. None for NaN, a missing target of
            the losses of `zoo.losses`.
        seed: Of all random numbers.

    Input shape:
        (batch, length, 4) one-hot ACGT or (batch, length) codes; or a tuple of them
        and of targets.

    Output shape:
        As the input.

    Raises:
        ValueError: The rate is no probability, or a max_length below 1 or not smaller
            than the length.

    Source:
        Lee et al. 2023, EvoAug, doi:10.1186/s13059-023-02941-w. Deviations: there,
        insertions lengthen all inputs by the longest one; insertion and deletion are
        two augmentations.
    """

    def __init__(
        self,
        max_length: int,
        *,
        rate: float = 1.0,
        base_resolution: bool = False,
        target_fill_value: float | None = None,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed=seed, **options)
        check_at_least(1, max_length=max_length)
        self.max_length = max_length
        self.rate = check_rate(rate)
        self.base_resolution = base_resolution
        self.target_fill_value = target_fill_value

    def check(self, x: Any) -> Any:
        """Sequences that are longer than the longest deletion."""
        x = super().check(x)
        check_longest("max_length", self.max_length, x)
        return x

    def augment(self, x: Any, y: Any) -> tuple[Any, Any]:
        """At most one change per sequence."""
        batch, length = ops.shape(x)[:2]
        n = self.integers((batch, 1), 1, self.max_length + 1)
        n = ops.where(self.uniform((batch, 1)) < self.rate, n, 0)
        left = self.below(n + 1)
        position = ops.arange(length, dtype="int32")[None]
        index = ops.where(
            self.uniform((batch, 1)) < 0.5,
            self._insertion(position + left, n, length),
            self._deletion(position - left, n, length),
        )
        known = index >= 0
        if y is not None and self.base_resolution:
            y = move_targets(y, index, known, self.target_fill_value)
        return where(known, move(x, index), self.bases(x)), y

    def _insertion(self, j: Any, n: Any, length: Any) -> Any:
        """The old base at place j of the longer molecule; -1 for an inserted one."""
        place = self.below(ops.zeros_like(n) + length + 1)
        behind = ops.where(j < place + n, -1, j - n)
        return ops.where(j < place, j, behind)

    def _deletion(self, j: Any, n: Any, length: Any) -> Any:
        """The old base at place j of the shorter molecule; -1 outside of it."""
        place = self.below(length - n + 1)
        old = ops.where(j < place, j, j + n)
        return ops.where(ops.logical_and(j >= 0, j < length - n), old, -1)
