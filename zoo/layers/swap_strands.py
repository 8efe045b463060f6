"""What was predicted for the other strand, in the frame of this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers import pairings
from zoo.layers.choose import choose
from zoo.layers.configured import ConfiguredLayer, LayerOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class SwapStrands(ConfiguredLayer):
    """Reverses positions and swaps strand-specific channels.

    A model that treats both strands alike predicts for the reverse complement what it
    predicts for the sequence, with positions reversed and with the channels of the two
    strands exchanged. This layer undoes that:

        y'[i, c] = y[positions - 1 - i, pairing[c]]

    Applied twice it changes nothing. It also turns targets of a sequence into those of
    its reverse complement.

    Args:
        pairing: The channel of the last axis that is channel c's partner on the other
            strand, for each c: (1, 0) for outputs plus, minus. None where each channel
            means the same on both strands.
        reverse_positions: Whether axis 1 holds positions, in bp or bins. None: if there
            are three axes or more.

    Call arguments:
        inputs: (batch, channels), (batch, positions) or (batch, positions, ...,
            channels).
        mask: bool (batch,); examples where it is False are returned as they are.

    Output shape:
        As the input.

    Raises:
        ValueError: The pairing is not one of the channels, does not lead back to each
            channel in two steps, or axis 1 would be both positions and channels.

    Source:
        Zhou, Shrikumar and Kundaje 2022, PMLR 165, who swap the two strands of BPNet's
        profiles in this way.
    """

    def __init__(
        self,
        pairing: Sequence[int] | None = None,
        *,
        reverse_positions: bool | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        # A list, as it comes back from JSON.
        self.pairing = None if pairing is None else list(pairings.check(pairing))
        self.reverse_positions = reverse_positions

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Swaps all examples, or those of the mask."""
        swapped = swap_strands(inputs, self.pairing, self.reverse_positions)
        return swapped if mask is None else choose(mask, swapped, inputs)

    def compute_output_shape(
        self,
        inputs_shape: tuple[int | None, ...],
        mask_shape: tuple[int | None, ...] | None = None,
    ) -> tuple[int | None, ...]:
        """As the input."""
        check_shape(inputs_shape, self.pairing, self.reverse_positions)
        return inputs_shape


def swap_strands(
    y: Any, pairing: Sequence[int] | None, reverse_positions: bool | None
) -> Any:
    """The function of the layer, on all examples of a tensor.

    Raises:
        ValueError: As `SwapStrands`.
    """
    check_shape(tuple(y.shape), pairing, reverse_positions)
    if reverses(len(y.shape), reverse_positions):
        y = ops.flip(y, axis=1)
    return y if pairing is None else ops.take(y, list(pairing), axis=-1)


def reverses(axes: int, reverse_positions: bool | None) -> bool:
    """Whether a tensor of so many axes has its axis 1 reversed."""
    return axes > 2 if reverse_positions is None else reverse_positions


def check_shape(
    shape: tuple[int | None, ...],
    pairing: Sequence[int] | None,
    reverse_positions: bool | None,
) -> None:
    """Refuses outputs that cannot be swapped in this way.

    Raises:
        ValueError: As `SwapStrands`.
    """
    if pairing is not None and shape[-1] not in (None, len(pairing)):
        raise ValueError(
            f"The pairing is of {len(pairing)} channels, the outputs have {shape[-1]}. "
            f"Received: shape={shape}, pairing={tuple(pairing)}"
        )
    positions = reverses(len(shape), reverse_positions)
    if positions and len(shape) < (2 if pairing is None else 3):
        raise ValueError(
            "To reverse positions, outputs need an axis of positions, and to pair "
            "channels another one of channels: (batch, positions, channels). "
            f"Received: shape={shape}, pairing={pairing}, reverse_positions=True"
        )
