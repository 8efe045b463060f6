"""Global log-sum-exp pooling: the evidence of all positions, added up."""

from __future__ import annotations

from math import log
from typing import Any, Unpack

import keras
from keras import ops

from zoo.errors import check_choice
from zoo.layers.configured import ConfiguredLayer, LayerOptions

_EXCLUDED = -1e30  # the score of a masked position: its exponential is 0


@keras.saving.register_keras_serializable(package="seqzoo")
class LogSumExpPooling(ConfiguredLayer):
    """Pools scores over the length by the logarithm of their summed exponentials.

        y = T ln sum_i exp(s_i / T)                       background=None
        y = T ln (1 + sum_i exp((s_i + beta) / T))        background=beta

    Where s_i are log-likelihood ratios of a motif at position i against the
    background sequence, y - ln(length) at T = 1 is the log-likelihood ratio of "the
    motif is at one unknown position" against "it is nowhere": no other pooling tells
    the two better apart. With a background, the 1 is the state in which no site is
    bound, and exp(s_i + beta) that in which site i is: sigmoid(ln sum_i exp(s_i +
    beta)) = 1 - exp(-y) is the probability that the sequence is bound, and -beta is
    the score at which a single site is bound half of the time.

    As T falls, y goes to the largest score (with a background to that of 0 and the
    largest s_i + beta). As it rises, y goes to mean(s) + T ln(length); with
    reduction="mean" the second term is left out.

    Args:
        temperature: T, in the units of the scores, above 0.
        background: beta, in the units of the scores; None leaves the 1 out.
        reduction: "sum", or "mean" for the mean of the exponentials in place of
            their sum: y then does not grow with the length.
        learn_temperature: Whether T is learned, one value per channel.
        learn_background: Whether beta is learned, one value per channel.

    Input shape:
        (batch, length, channels) scores. Positions that a Keras mask
        (batch, length) excludes do not count.

    Output shape:
        (batch, channels), in the units of the scores.

    Raises:
        ValueError: temperature is not above 0, another reduction, or
            learn_background without a background.

    Source:
        States and their weights: Bintu et al. 2005, doi:10.1016/j.gde.2005.02.007;
        occupancy from position weight matrices: GOMER, Granek and Clarke 2005,
        doi:10.1186/gb-2005-6-10-r87. Deviation: one factor, one site at a time, no
        cooperativity. As a pooling between mean and maximum: Pinheiro and Collobert
        2015, arXiv:1411.6228 (there r = 1 / T, and the mean). Computed in float32 at
        least, relative to the largest score, so that no exponential overflows.
    """

    def __init__(
        self,
        *,
        temperature: float = 1.0,
        background: float | None = None,
        reduction: str = "sum",
        learn_temperature: bool = False,
        learn_background: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not temperature > 0:
            raise ValueError(
                f"temperature must be above 0. Received: temperature={temperature}"
            )
        check_choice("reduction", reduction, ("sum", "mean"))
        if learn_background and background is None:
            raise ValueError(
                "learn_background needs a background to begin with, e.g. 0.0. "
                "Received: background=None"
            )
        self.temperature = temperature
        self.background = background
        self.reduction = reduction
        self.learn_temperature = learn_temperature
        self.learn_background = learn_background
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates what is learned: ln T and beta, each (channels,)."""
        channels = (input_shape[-1],)
        # ln T, so that no step of an optimizer makes T negative.
        self.log_temperature = (
            self._learned("log_temperature", log(self.temperature), channels)
            if self.learn_temperature
            else None
        )
        self.beta = (
            self._learned("background", self.background, channels)
            if self.learn_background
            else self.background
        )

    def _learned(
        self, name: str, value: float | None, shape: tuple[int | None, ...]
    ) -> Any:
        initializer = keras.initializers.Constant(value)
        # Not autocast: the pooling is computed in float32 at least.
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, autocast=False
        )

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pools the length away."""
        scores = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        temperature = self.temperature
        if self.log_temperature is not None:
            temperature = ops.exp(ops.cast(self.log_temperature, scores.dtype))
        if self.background is not None:
            scores = scores + ops.cast(self.beta, scores.dtype)
        scores = scores / temperature
        if mask is not None:
            scores = ops.where(mask[..., None], scores, _EXCLUDED)
        total = ops.logsumexp(scores, axis=1)
        if self.reduction == "mean":
            total = total - ops.log(_count(scores, mask))
        if self.background is not None:
            total = ops.softplus(total)  # ln(1 + exp(total))
        return ops.cast(total * temperature, self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """None: no length is left."""

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, channels)."""
        return (input_shape[0], input_shape[2])

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """None: as all pooling without a kernel."""
        return 0


def _count(scores: Any, mask: Any) -> Any:
    """The number of positions that count: a scalar, or (batch, 1)."""
    if mask is None:
        return ops.cast(ops.shape(scores)[1], scores.dtype)
    count = ops.sum(ops.cast(mask, scores.dtype), axis=1, keepdims=True)
    return ops.maximum(count, 1)
