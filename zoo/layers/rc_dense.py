"""A dense layer that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.rc_kernel import TiedLayer, TiedOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class RCDense(TiedLayer):
    """Dense layer on channels in reverse-complement pairs, without regard to positions.

    With p the pairing of the output and q that of the input (see
    `zoo.layers.pairings`):

        K[q[c], p[o]] = K[c, o]     bias[p[o]] = bias[o]

    so half of the kernel is learned. On pooled features (batch, channels) the reverse
    complement only swaps partners, and so it does at the output; on a map it is an
    `RCConv1D` of width 1. Outputs with p[o] = o are invariant, the same on both
    strands.

    After `keras.layers.Flatten` the reversal of positions and channels is the reversal
    of all features, so this layer can follow it; for other pairings see
    `zoo.layers.pairings.flattened`.

    Args:
        units: Number of output channels.
        pairing: The partner of each output; None for the reversal, which needs an even
            number of units. zoo.layers.pairings.strand_outputs(1) is (plus, minus).
        input_pairing: The partner of each input channel; None for the reversal.
        use_bias: Whether to add a bias, shared by partners.
        kernel_initializer, bias_initializer: As in `keras.layers.Dense`.
        kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint: On
            what is learned, as in `RCConv1D`.

    Input shape:
        (batch, ..., channels), with input_pairing.

    Output shape:
        (batch, ..., units), with pairing.

    Weights:
        As an `RCConv1D` with kernel_size=1: kernel (1, channels, pairs),
        palindromic_kernel (free values, 1, fixed points), bias (pairs + fixed points,).

    Raises:
        ValueError: units is odd without a pairing, or the channels do not fit
            input_pairing.

    Source:
        Mallet and Vert, "Reverse-complement equivariant networks for DNA sequences",
        NeurIPS 2021, with kernels of width 1.
    """

    def __init__(
        self,
        units: int,
        *,
        pairing: Sequence[int] | None = None,
        input_pairing: Sequence[int] | None = None,
        **options: Unpack[TiedOptions],
    ) -> None:
        super().__init__(
            units,
            argument="units",
            pairing=pairing,
            input_pairing=input_pairing,
            **options,
        )
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def tied_kernel(self) -> Any:
        """The kernel of both strands: (channels, units)."""
        return self._kernel.tied()[0]

    def call(self, inputs: Any) -> Any:
        """Multiplies by the tied kernel and adds the bias."""
        return self.add_bias(ops.matmul(inputs, self.tied_kernel()))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, ..., units)."""
        return (*input_shape[:-1], self.units)

    def input_window(self) -> dict[str, Any]:
        """Each position by itself, see `zoo.receptive_field`."""
        return {}

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """With the kernel of both strands, of which half is learned."""
        return prod(input_shape[1:]) * self.units  # type: ignore[arg-type]
