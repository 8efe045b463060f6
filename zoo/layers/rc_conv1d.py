"""1-D convolution that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_at_least, check_choice
from zoo.layers import pairings
from zoo.layers.rc_kernel import TiedLayer, TiedOptions
from zoo.layers.rc_stride_grid import symmetric_length


@keras.saving.register_keras_serializable(package="seqzoo")
class RCConv1D(TiedLayer):
    """1-D convolution with kernels tied in reverse-complement pairs.

    With one-hot channels in the order A C G T, the reverse complement of a map
    x of shape (length, channels) is its reversal along both axes. This layer
    keeps that action at its output: RC(layer(x)) = layer(RC(x)). Filter o is
    learned for the first half of the output channels; its partner, channel
    filters - 1 - o, is the same kernel reversed along all its axes:

        K[i, c, filters - 1 - o] = K[kernel_size - 1 - i, channels - 1 - c, o]

    so half the parameters of a plain convolution give the same output shape. In
    general, for any pairing p of the output and q of the input (see
    `zoo.layers.pairings`):

        K[i, c, p[o]] = K[kernel_size - 1 - i, q[c], o]

    A filter with p[o] = o is palindromic: its kernel is its own reverse complement,
    exactly, and half of it is learned. It reads motifs such as CACGTG once instead of
    once per strand.

    Args:
        filters: Number of output channels.
        kernel_size: Width of the kernel, in positions.
        strides: Distance of neighboring windows. Above 1, the input needs a known
            length at which the windows are the same on both strands: for "valid",
            length - kernel_size a multiple of strides; an error names such lengths.
        dilation_rate: Distance of neighboring kernel positions. Not together with
            strides, as in `keras.layers.Conv1D`.
        padding: "valid" or "same". "same" needs an odd kernel_size: an even one
            pads one position more on one side, which the other strand would
            see on the wrong side.
        palindromic_filters: How many filters, those in the middle of the output
            channels, are palindromic; short for
            pairing=zoo.layers.pairings.palindromic(filters, palindromic_filters).
        pairing: The partner of each output channel; None for the reversal, which
            needs an even number of filters. Layers that follow need it as well.
        input_pairing: The partner of each input channel; None for the reversal.
        use_bias: Whether to add a bias, shared by the two partners.
        kernel_initializer, bias_initializer: As in `keras.layers.Conv1D`.
        kernel_regularizer, bias_regularizer: On what is learned: on one filter of a
            pair, on the learned half of a palindromic one.
        kernel_constraint, bias_constraint: Likewise. For one norm per filter, as with
            keras.constraints.MaxNorm, give the axes (0, 1).

    Input shape:
        (batch, length, channels) with the given pairing (one-hot ACGT has the
        default).

    Output shape:
        (batch, new_length, filters).

    Weights:
        kernel (kernel_size, channels, pairs), the filters of each pair with the
        smaller channel; palindromic_kernel (free values, 1, palindromic filters);
        bias (pairs + palindromic filters,). Those that would be empty are not made.

    Raises:
        ValueError: filters is odd without a pairing, "same" with an even kernel,
            strides with dilation, channels that do not fit input_pairing, or strides
            above 1 at a length where the windows are not symmetric.

    Source:
        Tied kernels: Shrikumar, Greenside and Kundaje, "Reverse-complement
        parameter sharing improves deep learning models for genomics", bioRxiv
        103663 (2017), doi:10.1101/103663. Deviation: they count filters per
        strand; here `filters` is the number of output channels, as in Keras.
        All linear equivariant layers, palindromic filters among them (type +1): Mallet
        and Vert, NeurIPS 2021.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        strides: int = 1,
        dilation_rate: int = 1,
        padding: str = "valid",
        palindromic_filters: int = 0,
        pairing: Sequence[int] | None = None,
        input_pairing: Sequence[int] | None = None,
        **options: Unpack[TiedOptions],
    ) -> None:
        if palindromic_filters:
            if pairing is not None:
                raise ValueError(
                    "palindromic_filters is short for a pairing: give one of the two. "
                    f"Received: palindromic_filters={palindromic_filters}, "
                    f"pairing={pairing}"
                )
            pairing = pairings.palindromic(filters, palindromic_filters)
        _check_windows(kernel_size, strides, dilation_rate, padding)
        super().__init__(
            filters,
            argument="filters",
            pairing=pairing,
            input_pairing=input_pairing,
            **options,
        )
        self.kernel_size = kernel_size
        self.strides = strides
        self.dilation_rate = dilation_rate
        self.padding = padding
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def tied_kernel(self) -> Any:
        """The kernel of both strands: (kernel_size, channels, filters)."""
        return self._kernel.tied()

    def call(self, inputs: Any) -> Any:
        """Convolves with the tied kernel: one plain convolution."""
        if inputs.shape[1] is not None:
            self._output_length(inputs.shape[1])
        outputs = ops.conv(
            inputs,
            self.tied_kernel(),
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )
        return self.add_bias(outputs)

    def _output_length(self, length: int | None) -> int | None:
        return symmetric_length(
            length,
            self.dilation_rate * (self.kernel_size - 1) + 1,
            self.strides,
            self.padding,
            layer=type(self).__name__,
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, new_length, filters)."""
        return (input_shape[0], self._output_length(input_shape[1]), self.filters)

    def input_window(self) -> dict[str, Any]:
        """What a unit of the output reads, see `zoo.receptive_field`."""
        return {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "dilation_rate": self.dilation_rate,
            "padding": self.padding,
        }

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """With the kernel of both strands, of which half is learned."""
        length = self._output_length(input_shape[1])
        return length * self.kernel_size * input_shape[2] * self.filters  # type: ignore[operator]


def _check_windows(
    kernel_size: int, strides: int, dilation_rate: int, padding: str
) -> None:
    check_at_least(
        1, kernel_size=kernel_size, strides=strides, dilation_rate=dilation_rate
    )
    check_choice(
        "padding",
        padding,
        ("valid", "same"),
        '"causal" looks to one side only, which is the other one on the other strand.',
    )
    if padding == "same" and kernel_size % 2 == 0:
        raise ValueError(
            'RCConv1D with padding="same" needs an odd kernel_size: an even one '
            "pads one position more on the right, so the two strands would see "
            f"different edges. Received: kernel_size={kernel_size}"
        )
    if strides > 1 and dilation_rate > 1:
        raise ValueError(
            "strides and dilation_rate cannot both be above 1, as in "
            f"keras.layers.Conv1D. Received: strides={strides}, "
            f"dilation_rate={dilation_rate}"
        )
