"""Outputs at base resolution, for each strand or for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras

from zoo.layers import pairings
from zoo.layers.rc_conv1d import RCConv1D
from zoo.layers.rc_kernel import TiedOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class RCStrandOutputs(RCConv1D):
    """Profiles: plus and minus outputs that swap, and outputs without a strand.

    A stranded signal (reads that start on the plus or on the minus strand: PRO-seq,
    CAGE, ChIP-exo) has two outputs. On the reverse complement its profile is reversed
    and the two swap:

        f(RC x)[i, plus] = f(x)[length - 1 - i, minus]

    An unstranded one (coverage, accessibility) is only reversed. It is an `RCConv1D`
    with that pairing: the minus kernel is the reverse complement of the plus kernel,
    and an unstranded kernel is palindromic.

    Args:
        stranded: Number of stranded signals, two outputs each.
        unstranded: Number of signals without a strand, one output each.
        kernel_size: In positions; odd for "same".
        padding: "same" or "valid".
        input_pairing: The partner of each input channel, see `zoo.layers.pairings`;
            None for the reversal.
        use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
        bias_regularizer, kernel_constraint, bias_constraint: As in `RCConv1D`.

    Input shape:
        (batch, length, channels), with input_pairing.

    Output shape:
        (batch, new_length, 2 * stranded + unstranded): plus_1, minus_1, plus_2,
        minus_2, ..., then the unstranded ones. Its `pairing` says so as data:
        zoo.layers.pairings.strand_outputs(stranded, unstranded).

    Raises:
        ValueError: No output, or as `RCConv1D`.

    Source:
        Output pairs that swap: Zhou, Shrikumar and Kundaje, PMLR 165 (2022), for
        profile models; two strands a task as in BPNet, Avsec et al. 2021,
        doi:10.1038/s41588-021-00782-6. One value per strand instead of a profile:
        `RCDense` with pairing=zoo.layers.pairings.strand_outputs(stranded, unstranded).
    """

    def __init__(
        self,
        stranded: int,
        unstranded: int = 0,
        *,
        kernel_size: int = 1,
        padding: str = "same",
        input_pairing: Sequence[int] | None = None,
        **options: Unpack[TiedOptions],
    ) -> None:
        super().__init__(
            2 * stranded + unstranded,
            kernel_size,
            padding=padding,
            pairing=pairings.strand_outputs(stranded, unstranded),
            input_pairing=input_pairing,
            **options,
        )
        self.stranded = stranded
        self.unstranded = unstranded

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        config = super().get_config()
        del config["pairing"]  # implied
        return config
