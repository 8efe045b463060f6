"""Hierarchical dilation, reverse-complement equivariant throughout."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from registry import declare
from zoo.architectures import blocks
from zoo.errors import check_choice
from zoo.layers import RCBatchNormalization, RCConv1D, RCDropout, StrandPooling


@declare(reverse_complement="invariant")
def rc_dilated(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    stem_filters: int = 192,
    stem_kernel_size: int = 15,
    filters: int = 64,
    kernel_size: int = 3,
    dilation_rates: Sequence[int] = (1, 2, 4, 8),
    pooling: str = "max_average",
    units: int = 64,
    dropout: float = 0.3,
    activation: str = "relu",
    batch_normalization: bool = False,
    spatial_dropout: float = 0.0,
    pool_windows: Sequence[int] | None = None,
) -> keras.Model:
    """The same prediction for both strands, by construction.

    Every map is strand-paired (see `zoo.layers.strands`), so the reverse
    complement of the input reverses it along both axes; pooling over the length
    and then over the partners makes the prediction invariant, at any length.
    The head reads the motif matches of the stem and, from the tower, their
    arrangement. Receptive field of the tower: stem_kernel_size + (kernel_size - 1)
    * sum(dilation_rates[1:]) bp.

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        stem_filters: Channels of the motif scanners, even: half are learned.
        stem_kernel_size: Their width in bp, odd.
        filters: Channels of the tower, even: half are learned.
        kernel_size: Width of the tower's kernels, odd.
        dilation_rates: Of the stem, which must be 1, and of each tower layer.
        pooling: "max", "average" or, joining both, "max_average": over the length
            and then over the partners.
        units: Width of the hidden layer of the head; 0 for none.
        dropout: Rate before the logits.
        activation: Of all hidden layers.
        batch_normalization: Whether the stem and the tower have it, too, in front of
            each activation; the neck and the pooled features always do.
        spatial_dropout: Rate of motifs, each dropped with its partner at all
            positions.
        pool_windows: Lengths in bp of windows at the center of the sequence, each of
            which is pooled by itself: where in the sequence a motif lies counts then.
            What is further away than the longest is not read. None for all positions.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT -> (batch, num_outputs) logits.

    Raises:
        ValueError: dilation_rates does not begin with 1, a number of
            filters is odd, a kernel size is even, or the sequence_length is not
            known, shorter than one of the windows, or odd where it is even.

    Source:
        Shrikumar et al. 2017, doi:10.1101/103663; equivariance to the pooled
        layer as in Zhou et al. 2022, PMLR 165; tower of BPNet, see
        `hierarchical_dilated`. Deviation: no dropout inside the tower.
    """
    blocks.check_base_resolution(dilation_rates)
    check_choice(
        "pooling",
        pooling,
        ("max", "average", "max_average"),
        "Positions kept by another would not be reverse-complement invariant.",
    )
    inputs = blocks.sequence_input(sequence_length)
    x = inputs
    if pool_windows is not None:
        x = blocks.central(x, max(pool_windows, default=0), name="stem")

    def convolved(
        x: KerasTensor, filters: int, kernel_size: int, rate: int = 1, *, name: str
    ) -> KerasTensor:
        x = RCConv1D(
            filters,
            kernel_size,
            dilation_rate=rate,
            padding="same",
            use_bias=not batch_normalization,
            name=f"{name}_conv",
        )(x)
        if batch_normalization:
            x = RCBatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
        return layers.Activation(activation, name=f"{name}_activation")(x)

    motifs = convolved(x, stem_filters, stem_kernel_size, name="stem")
    if spatial_dropout:
        drop = RCDropout(spatial_dropout, spatial=True, name="stem_dropout")
        motifs = drop(motifs)
    x = RCConv1D(filters, 1, use_bias=False, name="neck_conv")(motifs)
    x = RCBatchNormalization(momentum=0.9, name="neck_norm")(x)
    for layer, rate in enumerate(dilation_rates[1:], start=1):
        name = f"tower_{layer}"
        this = convolved(x, filters, kernel_size, rate, name=name)
        x = blocks.residual(this, x, name=name)
    pooled = [
        _pool_strands(part, each, name=f"{part_name}_{each}")
        for name, maps in (("stem", motifs), ("tower", x))
        for part_name, part in _windows(maps, pool_windows, name=name)
        for each in pooling.split("_")
    ]
    x = blocks.pool_norm(layers.Concatenate(name="pool")(pooled))
    x = blocks.head(x, num_outputs, units=units, dropout=dropout, activation=activation)
    return keras.Model(inputs, x, name="rc_dilated")


def _pool_strands(x: KerasTensor, pooling: str, *, name: str) -> KerasTensor:
    """(batch, length, channels) -> (batch, channels / 2), the same for both strands."""
    x = blocks.pool(x, pooling, name=f"{name}_pool")
    return StrandPooling(pooling, name=f"{name}_strands")(x)


def _windows(
    x: KerasTensor, windows: Sequence[int] | None, *, name: str
) -> list[tuple[str, KerasTensor]]:
    """The maps of each window at the center, with their names; all of them for None."""
    if windows is None:
        return [(name, x)]
    return [(f"{name}_{w}bp", blocks.central(x, w, name=name)) for w in windows]
