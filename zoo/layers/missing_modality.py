"""Values that may be missing: a learned substitute, and a flag that says so."""

from __future__ import annotations

from typing import Any, Unpack

import keras
from keras import ops

from zoo.layers.configured import ConfiguredLayer, LayerOptions


@keras.saving.register_keras_serializable(package="seqzoo")
class MissingModality(ConfiguredLayer):
    """Replaces missing values (NaN) by learned ones, and says which were there.

    For each channel c, with s the learned substitute and 1[.] an indicator:

        value_c    = s_c if x_c is NaN else x_c
        observed_c = 0 if x_c is NaN else 1

    So a missing track, a missing position of a track and a missing covariate are
    all NaN in the input, and what else stands there cannot matter. In training,
    all values of an example are taken for missing with probability `dropout`,
    each example by itself, so that the model learns to do without the modality.

    Args:
        dropout: Rate of examples that lose the modality in training, 0 to below 1.
        substitute_initializer: As in `keras.layers.Dense`; zeros are the mean of
            standardized values.
        seed: For reproducible dropout.

    Input shape:
        (batch, ..., channels): (batch, length, num_signals) for signal tracks,
        (batch, num_covariates) for covariates. NaN is missing.

    Output shape:
        (batch, ..., 2 * channels): the values, then the flags.

    Raises:
        ValueError: dropout is out of range, or the channels are unknown.

    Source:
        Modality dropout: Neverova et al. 2016, ModDrop,
        doi:10.1109/TPAMI.2015.2461544. Missing indicator: Lipton et al. 2016,
        arXiv:1606.04130. Learned substitute: the mask token of BERT, Devlin et al.
        2019, arXiv:1810.04805. Deviation from ModDrop: a dropped modality becomes
        the learned substitute and not zeros, and what remains is not scaled up.
    """

    def __init__(
        self,
        dropout: float = 0.0,
        *,
        substitute_initializer: Any = "zeros",
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not 0 <= dropout < 1:
            raise ValueError(
                "dropout must be a rate, 0 <= dropout < 1; at 1 the model would never "
                f"see the modality. Received: dropout={dropout}"
            )
        self.dropout = dropout
        self.substitute_initializer = keras.initializers.get(substitute_initializer)
        self.seed = seed
        if dropout > 0:
            self.seed_generator = keras.random.SeedGenerator(seed)
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the substitute: (channels,)."""
        if input_shape[-1] is None:
            raise ValueError(
                "MissingModality learns a substitute for each channel, so their "
                f"number must be known. Received: input_shape={input_shape}"
            )
        self.substitute = self.add_weight(
            name="substitute",
            shape=(input_shape[-1],),
            initializer=self.substitute_initializer,
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Substitutes and flags; drops whole examples in training."""
        missing = ops.isnan(inputs)
        if training and self.dropout > 0:
            shape = (ops.shape(inputs)[0], *[1] * (len(inputs.shape) - 1))
            draw = keras.random.uniform(shape, seed=self.seed_generator)
            missing = ops.logical_or(missing, draw < self.dropout)
        substitute = ops.cast(self.substitute, self.compute_dtype)
        values = ops.where(missing, substitute, ops.cast(inputs, self.compute_dtype))
        observed = ops.cast(ops.logical_not(missing), self.compute_dtype)
        return ops.concatenate([values, observed], axis=-1)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, ..., 2 * channels)."""
        *rest, channels = input_shape
        return (*rest, None if channels is None else 2 * channels)

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """None: values are chosen."""
        return 0
