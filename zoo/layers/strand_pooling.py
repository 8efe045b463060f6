"""From reverse-complement equivariance to invariance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_choice
from zoo.layers.configured import LayerOptions
from zoo.layers.strands import PairedLayer


@keras.saving.register_keras_serializable(package="seqzoo")
class StrandPooling(PairedLayer):
    """Pools each channel with its reverse-complement partner.

    After pooling over the length, the reverse complement only swaps partners;
    their mean or maximum does not change, so everything built on the result is
    reverse-complement invariant. Of a map that still has its length, what is left is
    an unstranded profile: the reverse complement reverses its positions and no more.

    Args:
        pooling: "average" or "max".
        pairing: The partner of each channel, see `zoo.layers.pairings`; None for the
            reversal. A channel that is its own partner stays as it is.

    Input shape:
        (..., channels), with that pairing.

    Output shape:
        (..., pairs + fixed points): the pairs in the order of their smaller channel,
        then the channels that are their own partners. (..., channels / 2) for the
        reversal.

    Raises:
        ValueError: Another pooling, an odd number of channels without a pairing, or
            not that of the pairing.

    Source:
        Zhou, Shrikumar and Kundaje, "Towards a better understanding of
        reverse-complement equivariance for deep learning models in genomics",
        PMLR 165 (2022).
    """

    def __init__(
        self,
        pooling: str = "average",
        *,
        pairing: Sequence[int] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(pairing=pairing, **options)
        check_choice("pooling", pooling, ("average", "max"))
        self.pooling = pooling

    def call(self, inputs: Any) -> Any:
        """Pools each channel with its partner."""
        first = self._strands.first_of_each(inputs)
        partner = self._strands.partner_of_each(inputs)
        if self.pooling == "max":
            return ops.maximum(first, partner)
        return (first + partner) / 2

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(..., pairs + fixed points)."""
        return self.with_orbits(input_shape)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> StrandPooling:
        """The layer of a config; of `.h5`, Keras makes a name its own function."""
        pooling = config["pooling"]
        return cls(**config | {"pooling": getattr(pooling, "__name__", pooling)})
