"""1-D convolution that commutes with the reverse complement."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.layers.strands import both_strands, both_strands_shape


@keras.saving.register_keras_serializable(package="seqzoo")
class RCConv1D(keras.layers.Layer):
    """1-D convolution with kernels tied in reverse-complement pairs.

    With one-hot channels in the order A C G T, the reverse complement of a map
    x of shape (length, channels) is its reversal along both axes. This layer
    keeps that action at its output: RC(layer(x)) = layer(RC(x)). Filter o is
    learned for the first half of the output channels; its partner, channel
    filters - 1 - o, is the same kernel reversed along all its axes:

        K[i, c, filters - 1 - o] = K[kernel_size - 1 - i, channels - 1 - c, o]

    so half the parameters of a plain convolution give the same output shape.

    Args:
        filters: Number of output channels, even: half of them are learned.
        kernel_size: Width of the kernel, in positions.
        dilation_rate: Distance of neighbouring kernel positions.
        padding: "valid" or "same". "same" needs an odd kernel_size: an even one
            pads one position more on one side, which the other strand would
            see on the wrong side.
        use_bias: Whether to add a bias, shared by the two partners.
        kernel_initializer, bias_initializer, kernel_regularizer: As in
            `keras.layers.Conv1D`.

    Input shape:
        (batch, length, channels), channels even, second half the partners of
        the first in reverse order (one-hot ACGT is such a map).

    Output shape:
        (batch, new_length, filters), ordered likewise.

    Raises:
        ValueError: filters or channels is odd, or "same" with an even kernel.

    Source:
        Tied kernels: Shrikumar, Greenside and Kundaje, "Reverse-complement
        parameter sharing improves deep learning models for genomics", bioRxiv
        103663 (2017), doi:10.1101/103663. Deviation: they count filters per
        strand; here `filters` is the number of output channels, as in Keras.
        Strides are left out: a stride grid is symmetric only at some lengths.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        dilation_rate: int = 1,
        padding: str = "valid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        if filters < 2 or filters % 2:
            raise ValueError(
                "RCConv1D needs an even number of filters, one half for each strand. "
                f"Received: filters={filters}"
            )
        if padding not in ("valid", "same"):
            raise ValueError(
                f'padding must be "valid" or "same". Received: padding={padding!r}'
            )
        if padding == "same" and kernel_size % 2 == 0:
            raise ValueError(
                'RCConv1D with padding="same" needs an odd kernel_size: an even one '
                "pads one position more on the right, so the two strands would see "
                f"different edges. Received: kernel_size={kernel_size}"
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.dilation_rate = dilation_rate
        self.padding = padding
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the learned half: kernel (kernel_size, channels, filters / 2)."""
        channels = both_strands_shape(self, input_shape)
        half = self.filters // 2
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, channels, half),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        self.bias = (
            self.add_weight(
                name="bias", shape=(half,), initializer=self.bias_initializer
            )
            if self.use_bias
            else None
        )

    def tied_kernel(self) -> Any:
        """The kernel of both strands: (kernel_size, channels, filters)."""
        return both_strands(self.kernel, axes=(0, 1, 2))

    def call(self, inputs: Any) -> Any:
        """Convolves with the tied kernel: one plain convolution."""
        outputs = ops.conv(
            inputs,
            self.tied_kernel(),
            strides=1,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )
        if self.bias is not None:
            outputs = outputs + both_strands(self.bias, axes=(0,))
        return outputs

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, new_length, filters)."""
        batch, length, _ = input_shape
        if self.padding == "valid" and length is not None:
            length -= self.dilation_rate * (self.kernel_size - 1)
        return (batch, length, self.filters)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "dilation_rate": self.dilation_rate,
            "padding": self.padding,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
