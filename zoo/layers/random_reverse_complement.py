"""Each sequence of a batch on either strand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers import pairings
from zoo.layers.augmentation import Augmentation, check_rate, split
from zoo.layers.choose import choose
from zoo.layers.configured import LayerOptions
from zoo.layers.reverse_complement import reverse_complement
from zoo.layers.swap_strands import swap_strands


@keras.saving.register_keras_serializable(package="seqzoo")
class RandomReverseComplement(Augmentation):
    """In training, each sequence is reverse complemented with probability `rate`.

    Each sequence has a coin of its own: with one for the batch, a step would see one
    strand only. What becomes of the targets:

    - They are the same on both strands: `layer(x)`.
    - They are profiles or strand-specific, and batches are made outside of the model:
      `x, y = layer((x, y), training=True)` swaps the targets of the same sequences.
    - Or inside of the model, for plain `model.fit`: with return_mask=True the layer
      says which sequences were turned, and `SwapStrands` turns what was predicted for
      them back, so that targets stay as they are (`zoo.inspection.symmetry.augmented`).

    Args:
        rate: Probability of each sequence.
        pairing: Of the targets' channels, as in `SwapStrands`.
        reverse_positions: Whether targets have positions on axis 1, as in
            `SwapStrands`.
        return_mask: Whether to return (sequences, mask) instead of sequences, mask
            being bool (batch,), True for those that were turned.
        seed: Of the coins.

    Input shape:
        (batch, length, 4) one-hot ACGT or (batch, length) codes; or a tuple of them
        and of targets (batch, outputs) or (batch, positions, outputs).

    Output shape:
        As the input; with return_mask=True (sequences, mask).

    Raises:
        ValueError: The rate is no probability, the pairing is none, or return_mask is
            used with targets.
    """

    def __init__(
        self,
        rate: float = 0.5,
        *,
        pairing: Sequence[int] | None = None,
        reverse_positions: bool | None = None,
        return_mask: bool = False,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed=seed, **options)
        self.rate = check_rate(rate)
        self.pairing = None if pairing is None else list(pairings.check(pairing))
        self.reverse_positions = reverse_positions
        self.return_mask = return_mask

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Turns each sequence, and its targets, or leaves both."""
        if not self.return_mask:
            return super().call(inputs, training=training)
        self._check_mask(inputs)
        x = self.check(inputs)
        batch = ops.shape(x)[0]
        if not training:
            return x, ops.zeros((batch,), dtype="bool")
        mask = self._mask(x)
        return choose(mask, reverse_complement(x), x), mask

    def augment(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The same coin for a sequence and its targets."""
        mask = self._mask(x)
        x = choose(mask, reverse_complement(x), x)
        if y is not None:
            y = choose(mask, swap_strands(y, self.pairing, self.reverse_positions), y)
        return x, y

    def _mask(self, x: Any) -> Any:
        return self.uniform((ops.shape(x)[0],)) < self.rate

    def _check_mask(self, inputs: Any) -> None:
        if split(inputs)[1] is not None:
            raise ValueError(
                "return_mask=True is for targets that stay as they are: pass the "
                "sequences alone. Received: a tuple of sequences and targets"
            )

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """As the input, with the mask if it is asked for."""
        spec = super().compute_output_spec(inputs)
        if not self.return_mask:
            return spec
        self._check_mask(inputs)
        return spec, keras.KerasTensor((spec.shape[0],), dtype="bool")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """As the input, with that of the mask if it is asked for."""
        return (input_shape, (input_shape[0],)) if self.return_mask else input_shape
