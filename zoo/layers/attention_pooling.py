"""Pooling with learned weights of the positions."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_at_least
from zoo.layers.configured import ConfiguredLayer, LayerOptions

_EXCLUDED = -1e30  # the logit of a masked position: its weight is 0


@keras.saving.register_keras_serializable(package="seqzoo")
class AttentionPooling(ConfiguredLayer):
    """Averages positions with weights that a learned query gives them.

        a[i, h] = softmax over i of (x[i] . kernel[:, h])
        y[c] = sum over i of a[i, head of c] x[i, c]

    Each head weighs its own share of the channels, channels / num_heads in a row: one
    head weighs whole positions, as many heads as channels weigh each channel by
    itself.

    Args:
        num_heads: Number of heads, a divisor of the channels.
        pool_size: None pools the whole length; a number pools windows of so many
            positions, side by side; positions behind the last full one are left out.
        kernel_initializer, kernel_regularizer: As in `keras.layers.Dense`. A kernel
            of zeros is average pooling.

    Input shape:
        (batch, length, channels). Positions that a Keras mask (batch, length)
        excludes do not count.

    Output shape:
        (batch, channels), or (batch, length // pool_size, channels).

    Raises:
        ValueError: num_heads does not divide the channels, or a number below 1.

    Source:
        Attention pooling: Ilse, Tomczak and Welling 2018, arXiv:1802.04712.
        Deviation: the logits are linear, without their hidden tanh layer. Local: the
        softmax pooling of Enformer, Avsec et al. 2021, doi:10.1038/s41592-021-01252-x,
        has pool_size=2, as many heads as channels and a kernel that begins as twice
        the identity, keras.initializers.Identity(2.0).
    """

    def __init__(
        self,
        *,
        num_heads: int = 1,
        pool_size: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        check_at_least(1, num_heads=num_heads, pool_size=pool_size)
        self.num_heads = num_heads
        self.pool_size = pool_size
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the queries: kernel (channels, num_heads)."""
        channels = input_shape[-1]
        if channels is None or channels % self.num_heads:
            raise ValueError(
                "num_heads must divide the channels: each head weighs a share. "
                f"Received: num_heads={self.num_heads}, input_shape={input_shape}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(channels, self.num_heads),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Weighs and adds up the positions."""
        # In half precision, the weights of many positions would round to zero.
        wide = keras.backend.result_type(self.compute_dtype, "float32")
        logits = ops.cast(ops.matmul(inputs, self.kernel), wide)
        if mask is not None:
            logits = ops.where(mask[..., None], logits, _EXCLUDED)
        values, logits = self._windows(ops.cast(inputs, wide)), self._windows(logits)
        # A softmax; that of Keras warns of windows of one position.
        weights = ops.exp(logits - ops.logsumexp(logits, axis=-2, keepdims=True))
        share = values.shape[-1] // self.num_heads
        pooled = ops.sum(values * ops.repeat(weights, share, axis=-1), axis=-2)
        return ops.cast(pooled, self.compute_dtype)

    def _windows(self, x: Any) -> Any:
        """(batch, length, n), or (batch, windows, pool_size, n)."""
        if self.pool_size is None:
            return x
        windows = ops.shape(x)[1] // self.pool_size
        x = x[:, : windows * self.pool_size]
        return ops.reshape(x, (-1, windows, self.pool_size, x.shape[-1]))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """None without a length; else the windows with a position that counts."""
        if previous_mask is None or self.pool_size is None:
            return None
        return ops.any(self._windows(previous_mask[..., None]), axis=(-2, -1))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, channels), or (batch, length // pool_size, channels)."""
        batch, length, channels = input_shape
        if self.pool_size is None:
            return (batch, channels)
        return (batch, None if length is None else length // self.pool_size, channels)

    def input_window(self) -> dict[str, Any]:
        """What a unit of the output reads: its window, or all positions."""
        if self.pool_size is None:
            return {"whole": True}
        return {"kernel_size": self.pool_size, "strides": self.pool_size}

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """Of the logits and the sum: length * channels * (num_heads + 1)."""
        _, length, channels = input_shape
        if length is None or channels is None:
            raise ValueError(f"Received: input_shape={input_shape}, without a length")
        return length * channels * (self.num_heads + 1)
