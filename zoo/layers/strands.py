"""Tensors with channels in reverse-complement pairs: what the RC layers share.

How the channels of a map are paired is data, see `zoo.layers.pairings`. By default a
map is "strand-paired": channel channels - 1 - c is the partner of channel c, as in
one-hot ACGT, and the reverse complement is the reversal of both axes at every depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
from keras import ops

from zoo.layers import pairings
from zoo.layers.configured import ConfiguredLayer


@dataclass(frozen=True)
class Strands:
    """The channels of one map, in pairs.

    Two partners, or one channel that is its own, are an orbit: what is the same for
    both (bias, scale, statistics) has one value an orbit. Orbits are in the order of
    `pairs`, then `fixed`.
    """

    partners: pairings.Pairing

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.partners)

    @cached_property
    def pairs(self) -> tuple[int, ...]:
        """The channel of each pair that has the smaller number: the learned one."""
        return tuple(c for c, partner in enumerate(self.partners) if c < partner)

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The channels that are their own partners."""
        return tuple(c for c, partner in enumerate(self.partners) if c == partner)

    @property
    def orbits(self) -> int:
        """Number of pairs and fixed points."""
        return len(self.pairs) + len(self.fixed)

    @cached_property
    def is_reversal(self) -> bool:
        """Whether channel c is paired with channels - 1 - c."""
        return self.partners == pairings.reversal(self.channels)

    @cached_property
    def _order(self) -> tuple[int, ...] | None:
        """Where each channel stands in `arrange`'s input; None if there already."""
        partners = [self.partners[c] for c in reversed(self.pairs)]
        listed = [*self.pairs, *self.fixed, *partners]
        order = tuple(sorted(range(self.channels), key=listed.__getitem__))
        return None if order == tuple(range(self.channels)) else order

    def swap(self, x: Any, axis: int = -1) -> Any:
        """Puts each channel in its partner's place."""
        if self.is_reversal:
            return ops.flip(x, axis=axis)
        return ops.take(x, self.partners, axis=axis)

    def reverse_complement(self, x: Any) -> Any:
        """The other strand of (batch, length, channels) or (batch, channels)."""
        return self.swap(ops.flip(x, axis=1) if len(x.shape) == 3 else x)

    def arrange(self, first: Any | None, fixed: Any | None, partners: Any) -> Any:
        """Joins channels (last axis) of `pairs`, `fixed` and the partners of `pairs`.

        Args:
            first: Channels in the order of `pairs`; None if there are none.
            fixed: In the order of `fixed`; None if there are none.
            partners: In the reverse order of `pairs`; None if there are none.
        """
        parts = [part for part in (first, fixed, partners) if part is not None]
        joined = ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]
        if self._order is None:
            return joined
        return ops.take(joined, self._order, axis=-1)

    def expand(self, values: Any) -> Any:
        """(..., orbits) -> (..., channels): partners get the value of their orbit."""
        if not self.pairs:
            return values
        first = values[..., : len(self.pairs)] if self.fixed else values
        return self.arrange(values, None, ops.flip(first, axis=-1))

    def first_of_each(self, values: Any) -> Any:
        """(..., channels) -> (..., orbits): those of `pairs`, then of `fixed`."""
        if self._order is None:
            return values[..., : self.orbits]
        return ops.take(values, (*self.pairs, *self.fixed), axis=-1)

    def partner_of_each(self, values: Any) -> Any:
        """(..., channels) -> (..., orbits): the partners of `first_of_each`."""
        if self.is_reversal:
            return ops.flip(values[..., self.channels - self.orbits :], axis=-1)
        partners = [self.partners[c] for c in (*self.pairs, *self.fixed)]
        return ops.take(values, partners, axis=-1)


class PairedLayer(ConfiguredLayer):
    """A layer that reads channels in pairs, and knows them once it is built.

    Args:
        pairing: The partner of each channel; None for the reversal.
    """

    def __init__(
        self,
        *args: Any,
        pairing: Sequence[int] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.pairing = checked(pairing)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Checks the channels."""
        self._strands = strands_of_input(self, self.pairing, input_shape)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape

    def with_orbits(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The input's shape with one channel for two partners, as weights have it."""
        PairedLayer.build(self, input_shape)
        return (*input_shape[:-1], self._strands.orbits)


def checked(
    pairing: Sequence[int] | None, argument: str = "pairing"
) -> pairings.Pairing | None:
    """A layer's argument as data: a tuple of ints, or None for the reversal.

    Raises:
        ValueError: Not a pairing.
    """
    return None if pairing is None else pairings.check(pairing, argument=argument)


def strands_of_input(
    layer: keras.layers.Layer,
    pairing: Sequence[int] | None,
    input_shape: tuple[int | None, ...],
    *,
    argument: str = "pairing",
) -> Strands:
    """The strands of a layer's input, whose last axis is channels.

    Args:
        layer: Named in errors.
        pairing: Of the input; None for the reversal of an even number of channels.
        input_shape: With the channels last.
        argument: What errors call the pairing.

    Raises:
        ValueError: The number of channels is unknown, odd without a pairing, or not
            that of the pairing.
    """
    channels = input_shape[-1]
    if channels is None or (pairing is None and channels % 2):
        raise ValueError(
            f"{type(layer).__name__} needs an even, known number of input channels, "
            "the second half the reverse-complement partners of the first in reverse "
            f"order (one-hot ACGT is such an input); for another order give {argument}="
            f", see zoo.layers.pairings. Received: input_shape={input_shape}"
        )
    if pairing is None:
        return Strands(pairings.reversal(channels))
    try:
        return Strands(pairings.check(pairing, channels, argument=argument))
    except ValueError as error:
        raise ValueError(f"{type(layer).__name__}: {error}") from None


def checked_output(
    layer: keras.layers.Layer,
    channels: int,
    pairing: Sequence[int] | None,
    *,
    argument: str,
) -> pairings.Pairing | None:
    """Checks the pairing of a layer's output against its number of channels.

    Raises:
        ValueError: An odd number without a pairing, or not that of the pairing.
    """
    if pairing is not None:
        return pairings.check(pairing, channels)
    if channels < 2 or channels % 2:
        raise ValueError(
            f"{type(layer).__name__} needs an even number of {argument}, one half for "
            "each strand; for some that are their own partners pass pairing, see "
            f"zoo.layers.pairings. Received: {argument}={channels}"
        )
    return None


def reversed_along(x: Any, *axes: int) -> Any:
    """Reverses a tensor along several axes, one by one as Keras 3.12 has to."""
    for axis in axes:
        x = ops.flip(x, axis=axis)
    return x
