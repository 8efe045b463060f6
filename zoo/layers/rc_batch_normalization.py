"""Batch normalization that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import LayerOptions
from zoo.layers.strands import PairedLayer


@keras.saving.register_keras_serializable(package="seqzoo")
class RCBatchNormalization(PairedLayer, keras.layers.BatchNormalization):
    """Batch normalization whose partners share statistics, scale and offset.

    The statistics of a channel are those over its own values and its
    partner's, as if each batch held both strands of every sequence:

        mean = (m + m') / 2
        variance = (v + v') / 2 + ((m - m') / 2)^2

    with m, v the moments of a channel and m', v' those of its partner. Only
    vectors of one value per channel are combined, so the cost is that of plain
    batch normalization.

    Args:
        momentum: Of the moving statistics.
        epsilon: Added to the variance.
        pairing: The partner of each channel, see `zoo.layers.pairings`; None for the
            reversal. A channel that is its own partner is normalized as usual.
        synchronized: Whether m and v are those of all replicas' rows under
            `tf.distribute`, as in `keras.layers.BatchNormalization`; TensorFlow only.

    Input shape:
        (batch, length, channels), with that pairing.

    Output shape:
        As the input.

    Weights:
        gamma, beta, moving_mean and moving_variance, each with one value per pair (in
        the order of its smaller channel), then one per channel that has no partner.

    Raises:
        ValueError: The number of channels is odd without a pairing, or not that of
            the pairing.

    Source:
        Batch normalization: Ioffe and Szegedy, arXiv:1502.03167. Shared by
        partners: Shrikumar et al., doi:10.1101/103663. As in Keras, the batch
        variance is the biased one, statistics are float32 under mixed
        precision, and a layer with trainable=False infers.
    """

    def __init__(
        self,
        *,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        pairing: Sequence[int] | None = None,
        synchronized: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            momentum=momentum,
            epsilon=epsilon,
            pairing=pairing,
            synchronized=synchronized,
            **options,
        )
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates scale, offset and moving moments, one value for two partners."""
        keras.layers.BatchNormalization.build(self, self.with_orbits(input_shape))
        # Theirs has the number of orbits.
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Normalizes with the batch's statistics in training, else the moving ones."""
        inputs = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        if training and self.trainable:
            mean, variance = self._shared_moments(inputs)
            self._update(self.moving_mean, mean)
            self._update(self.moving_variance, variance)
        else:
            mean = ops.cast(self.moving_mean, inputs.dtype)
            variance = ops.cast(self.moving_variance, inputs.dtype)
        scale = ops.cast(self.gamma, inputs.dtype) * ops.rsqrt(variance + self.epsilon)
        offset = ops.cast(self.beta, inputs.dtype) - mean * scale
        outputs = inputs * self._strands.expand(scale) + self._strands.expand(offset)
        return ops.cast(outputs, self.compute_dtype)

    def _shared_moments(self, inputs: Any) -> tuple[Any, Any]:
        """Mean and variance over both partners."""
        mean, variance = ops.moments(
            inputs, axes=(0, 1), synchronized=self.synchronized
        )
        partner_mean = self._strands.swap(mean)
        partner_variance = self._strands.swap(variance)
        shared_mean = (mean + partner_mean) / 2
        shared_variance = (variance + partner_variance) / 2 + ops.square(
            (mean - partner_mean) / 2
        )
        first = self._strands.first_of_each
        return first(shared_mean), first(shared_variance)

    def _update(self, moving: Any, batch: Any) -> None:
        # Half-precision statistics, of a policy that is not mixed, are rounded once.
        before = ops.cast(moving, batch.dtype)
        moving.assign(before * self.momentum + batch * (1.0 - self.momentum))
