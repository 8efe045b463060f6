"""Sequence, signal tracks and covariates of an example, any of which may be missing."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from zoo.architectures import blocks
from zoo.errors import check_choice
from zoo.layers import CategoryEmbedding, MissingModality

FUSIONS = ("early", "late")


def multi_modal(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    num_signals: int = 1,
    num_cell_types: int = 0,
    num_covariates: int = 0,
    fusion: str = "early",
    filters: int = 64,
    stem_kernel_size: int = 15,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8),
    signal_filters: int = 16,
    embedding_dim: int = 8,
    pooling: str = "max_average",
    units: int = 32,
    dropout: float = 0.2,
    modality_dropout: float = 0.2,
    activation: str = "relu",
) -> keras.Model:
    """Joins DNA with base-resolution signals and with facts of the example.

    "early" puts the signals beside the bases in front of the stem, so a filter can
    ask for a motif *where the chromatin is open*. "late" gives the signals a stem
    of their own and joins what was pooled: cheap to pre-train apart, but blind to
    which position of one belongs to which of the other. Covariates c modulate the
    features x of each channel where the modalities meet (FiLM):

        x * (1 + gamma(c)) + beta(c), gamma and beta linear in c

    Missing signals and covariates are NaN, a missing cell type is -1; they become
    learned substitutes, see `zoo.layers.MissingModality` and `CategoryEmbedding`.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        num_signals: Tracks of the input "signals", 0 for none.
        num_cell_types: Values of the input "cell_type", 0 for none.
        num_covariates: Numbers in the input "covariates", 0 for none.
        fusion: "early" or "late".
        filters: Channels of stem and tower.
        stem_kernel_size: Width of the first layer's kernels in bp.
        kernel_size: Width of the tower's kernels.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        signal_filters: Channels of the signals' own stem; unused by "early".
        embedding_dim: Length of the vector learned for a cell type.
        pooling: One of `zoo.architectures.blocks.POOLINGS`; "flatten" needs a
            sequence_length.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate before the logits.
        modality_dropout: Rate of examples that lose a modality in training, drawn
            for each of signals, cell type and covariates.
        activation: Of all hidden layers.

    Returns:
        A dict of those inputs whose number is not 0, "sequence" (batch,
        sequence_length, 4) one-hot ACGT, "signals" (batch, sequence_length,
        num_signals), best standardized, "cell_type" (batch,) integers, "covariates"
        (batch, num_covariates) -> (batch, num_outputs) logits.

    Raises:
        ValueError: Another fusion, no modality beside the sequence, or
            dilation_rates does not begin with 1.

    Source:
        Signals beside the bases: Leopard, Li and Guan 2021,
        doi:10.1101/gr.269613.120, and maxATAC, Cazares et al. 2023,
        doi:10.1371/journal.pcbi.1010863. FiLM: Perez et al. 2018,
        arXiv:1709.07871. Tower: see `hierarchical_dilated`. Deviations: one number
        per example and not a profile; missing modalities.
    """
    _check(fusion, num_signals, num_cell_types, num_covariates, dilation_rates)
    inputs = {"sequence": blocks.sequence_input(sequence_length)}
    x, signals, facts = inputs["sequence"], None, []
    if num_signals:
        inputs["signals"] = layers.Input((sequence_length, num_signals), name="signals")
        signals = MissingModality(modality_dropout, name="signals_missing")(
            inputs["signals"]
        )
    if num_cell_types:
        inputs["cell_type"] = layers.Input((), dtype="int32", name="cell_type")
        facts += [
            CategoryEmbedding(
                num_cell_types,
                embedding_dim,
                dropout=modality_dropout,
                name="cell_type_embedding",
            )(inputs["cell_type"])
        ]
    if num_covariates:
        inputs["covariates"] = layers.Input((num_covariates,), name="covariates")
        facts += [
            MissingModality(modality_dropout, name="covariates_missing")(
                inputs["covariates"]
            )
        ]
    if signals is not None and fusion == "early":
        x = layers.Concatenate(name="fusion")([x, signals])
    x = blocks.conv_block(
        x, filters, stem_kernel_size, activation=activation, name="stem"
    )
    if fusion == "early":
        x = _modulate(x, facts)
    x = blocks.dilated_tower(x, kernel_size, dilation_rates[1:], activation=activation)
    x = blocks.pool(x, pooling)
    if fusion == "late":
        x = _join(x, signals, signal_filters, stem_kernel_size, pooling, activation)
        x = _modulate(x, facts)
    x = blocks.head(x, num_outputs, units=units, dropout=dropout, activation=activation)
    return keras.Model(inputs, x, name="multi_modal")


def _join(
    x: KerasTensor,
    signals: KerasTensor | None,
    filters: int,
    kernel_size: int,
    pooling: str,
    activation: str,
) -> KerasTensor:
    """Pooled features of the sequence beside those of the signals' own stem."""
    if signals is None:
        return x
    signals = blocks.conv_block(
        signals, filters, kernel_size, activation=activation, name="signals_stem"
    )
    pooled = blocks.pool(signals, pooling, name="signals_pool")
    return layers.Concatenate(name="fusion")([x, pooled])


def _modulate(x: KerasTensor, facts: list[KerasTensor]) -> KerasTensor:
    """FiLM: x * (1 + gamma) + beta, both linear in the joined facts."""
    if not facts:
        return x
    condition = layers.Concatenate(name="facts")(facts) if len(facts) > 1 else facts[0]
    channels = x.shape[-1]
    # One value for all positions.
    shape = (1,) * (len(x.shape) - 2) + (channels,)
    gamma, beta = (
        layers.Reshape(shape, name=f"film_{part}_reshape")(
            layers.Dense(channels, name=f"film_{part}")(condition)
        )
        for part in ("gamma", "beta")
    )
    scaled = layers.Multiply(name="film_scale")([x, gamma])
    return layers.Add(name="film_add")([x, scaled, beta])


def _check(
    fusion: str,
    num_signals: int,
    num_cell_types: int,
    num_covariates: int,
    dilation_rates: Sequence[int],
) -> None:
    """Refuses what would not be a multi-modal network."""
    blocks.check_base_resolution(dilation_rates)
    check_choice("fusion", fusion, FUSIONS)
    numbers = (num_signals, num_cell_types, num_covariates)
    if min(numbers) < 0 or not any(numbers):
        raise ValueError(
            "multi_modal reads the sequence and at least one modality beside it: one "
            "of num_signals, num_cell_types and num_covariates must be 1 or more, and "
            "none negative. For the sequence alone use hierarchical_dilated. Received: "
            f"num_signals={num_signals}, num_cell_types={num_cell_types}, "
            f"num_covariates={num_covariates}"
        )
