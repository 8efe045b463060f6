"""Each sequence of a batch moved by some bases."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_at_least, check_choice
from zoo.layers.augmentation import (
    Augmentation,
    check_longest,
    move,
    move_targets,
    unknown,
    where,
)
from zoo.layers.configured import LayerOptions

_FILL_MODES = ("constant", "wrap")


@keras.saving.register_keras_serializable(package="seqzoo")
class RandomShift(Augmentation):
    """In training, each sequence is moved by up to `max_shift` bp to either side.

    With s drawn uniformly from -max_shift to max_shift for each sequence,

        x'[i] = x[i - s]

    Args:
        max_shift: bp, the most in either direction.
        fill_mode: What comes in at the end: "constant" for N, "wrap" for what left the
            other end (a circular molecule). As in `keras.layers.RandomTranslation`.
        base_resolution: Whether targets have one value per base, (batch, length,
            ...), and move with it. Otherwise they are returned as they are.
        target_fill_value: Of targets of bases that came in as N. None for NaN, a
            missing target of the losses of `zoo.losses`.
        seed: Of the shifts.

    Input shape:
        (batch, length, 4) one-hot ACGT or (batch, length) codes; or a tuple of them
        and of targets.

    Output shape:
        As the input.

    Raises:
        ValueError: Another fill_mode, or a max_shift that is negative or not smaller
            than the length.

    Source:
        Shifts by a few bp in training: Kelley et al. 2018, Basenji,
        doi:10.1101/gr.227819.117. Deviation: theirs is one shift for a batch.
    """

    def __init__(
        self,
        max_shift: int,
        *,
        fill_mode: str = "constant",
        base_resolution: bool = False,
        target_fill_value: float | None = None,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed=seed, **options)
        check_at_least(0, max_shift=max_shift)
        check_choice("fill_mode", fill_mode, _FILL_MODES)
        self.max_shift = max_shift
        self.fill_mode = fill_mode
        self.base_resolution = base_resolution
        self.target_fill_value = target_fill_value

    def check(self, x: Any) -> Any:
        """Sequences that are longer than the largest shift."""
        x = super().check(x)
        check_longest("max_shift", self.max_shift, x)
        return x

    def augment(self, x: Any, y: Any) -> tuple[Any, Any]:
        """One shift per sequence."""
        batch, length = ops.shape(x)[:2]
        shift = self.integers((batch, 1), -self.max_shift, self.max_shift + 1)
        index = ops.arange(length, dtype="int32")[None] - shift
        if self.fill_mode == "wrap":
            index = ops.mod(index, length)
        known = ops.logical_and(index >= 0, index < length)
        if y is not None and self.base_resolution:
            y = move_targets(y, index, known, self.target_fill_value)
        return where(known, move(x, index), unknown(x)), y
