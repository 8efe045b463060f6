"""Tensor -> tensor functions that the architectures share.

Each takes a prefix `name`, and names every layer with weights after it
("tower_3_conv", "tower_3_norm"): these names are the addresses of the weights.
Sequence tensors are (batch, length, channels).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import KerasTensor, layers, regularizers

from zoo.architectures.heads import crop, head as head
from zoo.errors import check_choice
from zoo.layers import (
    AttentionPooling,
    GappedKmerEmbedding,
    LogSumExpPooling,
    channels_last,
)

POOLINGS = ("max", "average", "max_average", "log_sum_exp", "attention", "flatten")
#: All 5-mers, all 6-mers and twelve patterns of seven letters within 9 to 14 bp.
WORDS = (
    *("11111", "111111", "100111111", "101011111", "1011011011", "10100110111"),
    *("11011100011", "111000011011", "1000011001111", "1001000111011"),
    *("1100100011011", "1110110000101", "10110001100101", "11000001101011"),
)
DOWNSAMPLINGS = ("max_pooling", "average_pooling", "strided_convolution")


def sequence_input(sequence_length: int | None) -> KerasTensor:
    """The one-hot input, named "sequence": (batch, sequence_length, 4), ACGT."""
    return layers.Input((sequence_length, 4), name="sequence")


def conv_block(
    x: KerasTensor,
    filters: int,
    kernel_size: int,
    *,
    name: str,
    strides: int = 1,
    dilation_rate: int = 1,
    padding: str = "same",
    activation: str = "relu",
    kernel_initializer: str = "glorot_uniform",
    momentum: float = 0.99,
) -> KerasTensor:
    """Convolution -> batch normalization -> activation.

    Returns:
        (batch, new_length, filters).
    """
    x = channels_last.Conv1D(
        filters,
        kernel_size,
        strides=strides,
        dilation_rate=dilation_rate,
        padding=padding,
        use_bias=False,  # the normalization has its own offset
        kernel_initializer=kernel_initializer,
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(momentum=momentum, name=f"{name}_norm")(x)
    return layers.Activation(activation, name=f"{name}_activation")(x)


def motif_scan(
    x: KerasTensor,
    filters: int,
    kernel_size: int,
    *,
    name: str,
    pooling: str,
    activation: str = "relu",
) -> KerasTensor:
    """Convolution -> activation -> pooling over the length -> normalization.

    The normalization stands behind the pooling, on one value per filter: in front
    of it, it would cost more than the convolution.

    Returns:
        (batch, filters), or (batch, length * filters) for pooling="flatten".
    """
    conv = channels_last.Conv1D(
        filters, kernel_size, padding="same", name=f"{name}_conv"
    )
    x = layers.Activation(activation, name=f"{name}_activation")(conv(x))
    if pooling == "flatten":
        # In front after all: behind, it would have weights for each position, and
        # the trunk could not be moved to another length.
        return pool(pool_norm(x), pooling)
    return pool_norm(pool(x, pooling))


def pool_norm(x: KerasTensor) -> KerasTensor:
    """Batch normalization of pooled features (..., channels).

    Its momentum is lower than Keras's: pooled features move fast while the filters
    form, and validation would otherwise lag behind by an epoch.
    """
    return layers.BatchNormalization(momentum=0.9, name="pool_norm")(x)


def residual(
    x: KerasTensor, shortcut: KerasTensor, *, name: str, dropout: float = 0.0
) -> KerasTensor:
    """Adds x, after dropout, to the shortcut of the same shape."""
    if dropout:
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return layers.Add(name=f"{name}_add")([shortcut, x])


def dilated_tower(
    x: KerasTensor,
    kernel_size: int,
    dilation_rates: Sequence[int],
    *,
    padding: str = "same",
    activation: str = "relu",
    pre_activation: bool = False,
    dropout: float = 0.0,
    name: str = "tower",
) -> KerasTensor:
    """BPNet's tower: dilated convolutions, each added to what it reads.

        y = x + f(W * x)          pre_activation=False
        y = x + W * f(x)          pre_activation=True, and f(y) behind the last

    Args:
        x: (batch, length, filters); before its activation with `pre_activation`.
        kernel_size: Of all.
        dilation_rates: Of each.
        padding: "same", or "valid": x is then cropped to what the convolution leaves.
        activation: f.
        pre_activation: Whether f comes in front of the convolution.
        dropout: Rate behind each convolution.
        name: The layers are "NAME_1_conv", "NAME_2_conv", ...

    Returns:
        (batch, new_length, filters).
    """
    for layer, rate in enumerate(dilation_rates, start=1):
        this, shortcut = f"{name}_{layer}", x
        if pre_activation:
            x = layers.Activation(activation, name=f"{this}_activation")(x)
        x = channels_last.Conv1D(
            x.shape[-1],
            kernel_size,
            dilation_rate=rate,
            padding=padding,
            activation=None if pre_activation else activation,
            name=f"{this}_conv",
        )(x)
        if padding == "valid":
            half = (kernel_size - 1) * rate // 2
            shortcut = crop(shortcut, half, name=f"{this}_crop")
        x = residual(x, shortcut, dropout=dropout, name=this)
    if pre_activation:
        x = layers.Activation(activation, name=f"{name}_activation")(x)
    return x


def words(
    x: KerasTensor,
    num_outputs: int,
    *,
    patterns: Sequence[str],
    rank: int,
    scale: float,
    windows: Sequence[int] | None = None,
    l2: float = 0.0,
    standardized: bool = False,
    use_bias: bool = False,
) -> KerasTensor:
    """Logits that are linear in the gapped words of both strands.

    Args:
        x: (batch, length, 4).
        num_outputs: Number of logits.
        patterns: Of the words, see `zoo.layers.GappedKmerEmbedding`.
        rank: Length of the vectors that a dense layer reads; 0 for a weight of its own
            for each output.
        scale: What the sums are multiplied by.
        windows: Lengths in bp, see `central`; words of each are weighted by themselves.
            None for the whole sequence.
        l2: Strength of the L2 penalty of the words' vectors.
        standardized: Whether numbers of words are, for the length of the window.
        use_bias: Whether each logit has a bias, which a rank brings with it.

    Returns:
        (batch, num_outputs).

    Raises:
        ValueError: They are to be standardized for a length that is not known.
    """
    if standardized and not windows and x.shape[1] is None:
        raise ValueError(
            "Words are standardized for a length: pass a sequence_length. Received: "
            "sequence_length=None"
        )
    use_bias = use_bias and not rank
    name, dtype = ("words", None) if rank else ("head_words", "float32")
    sums = [
        GappedKmerEmbedding(
            patterns,
            rank or num_outputs,
            scale=scale,
            embeddings_regularizer=regularizers.L2(l2) if l2 else None,
            standardized_length=(window or x.shape[1]) if standardized else None,
            use_bias=use_bias and number == 0,
            dtype=dtype,
            name=name if windows is None else f"{name}_{window}bp",
        )(x if windows is None else central(x, window, name=name))
        for number, window in enumerate(windows or [0])
    ]
    x = layers.Add(dtype=dtype, name=f"{name}_sum")(sums) if len(sums) > 1 else sums[0]
    if not rank:
        return x
    return layers.Dense(num_outputs, dtype="float32", name="head_words")(x)


def central(x: KerasTensor, window: int, *, name: str) -> KerasTensor:
    """The positions at the center, as many on both sides of it.

    Returns:
        (batch, window, channels).

    Raises:
        ValueError: The length is not known, shorter, or odd where the window is even:
            then the center of one strand is not that of the other.
    """
    length = x.shape[1]
    if length is None or not 0 < window <= length or (length - window) % 2:
        raise ValueError(
            "Windows at the center need a sequence_length that is at least as long, "
            "and odd or even as they are. Received: "
            f"sequence_length={length}, window={window}"
        )
    return crop(x, (length - window) // 2, name=f"{name}_center_{window}bp")


def downsample(x: KerasTensor, downsampling: str, *, name: str) -> KerasTensor:
    """Halves the length, by one of `DOWNSAMPLINGS`.

    A strided convolution is learned and passes a gradient to every position, as an
    average does; a maximum passes it to the largest alone.

    Returns:
        (batch, ceil(length / 2), channels).

    Raises:
        ValueError: Another downsampling.
    """
    check_choice("downsampling", downsampling, DOWNSAMPLINGS)
    if downsampling == "max_pooling":
        pool = channels_last.MaxPooling1D(2, padding="same", name=f"{name}_pool")
        return pool(x)
    if downsampling == "average_pooling":
        pool = channels_last.AveragePooling1D(2, padding="same", name=f"{name}_pool")
        return pool(x)
    return conv_block(x, x.shape[-1], 3, strides=2, name=name)


def pool(x: KerasTensor, pooling: str, *, name: str = "pool") -> KerasTensor:
    """Pools the length away, or keeps positions with "flatten".

    "max" tells whether and how well a motif matches anywhere, "average" how often;
    "max_average" joins both, as DeepBind did. "log_sum_exp" adds up the evidence of
    all positions, the best ones counting most; "attention" learns which positions
    count, with weights named "NAME/kernel".

    Returns:
        (batch, channels); (batch, 2 * channels) for "max_average", (batch, length *
        channels) for "flatten".

    Raises:
        ValueError: Another pooling, or "flatten" where the length is unknown.
    """
    check_choice("pooling", pooling, POOLINGS)
    if pooling == "max":
        return channels_last.GlobalMaxPooling1D(name=name)(x)
    if pooling == "average":
        return channels_last.GlobalAveragePooling1D(name=name)(x)
    if pooling == "max_average":
        both = [pool(x, each, name=f"{name}_{each}") for each in ("max", "average")]
        return layers.Concatenate(name=name)(both)
    if pooling == "log_sum_exp":
        return LogSumExpPooling(name=name)(x)
    if pooling == "attention":
        return AttentionPooling(name=name)(x)
    if x.shape[1] is None:
        raise ValueError(
            'pooling="flatten" keeps positions, so it needs a fixed sequence_length; '
            'pass one, or use "max" or "average" for any length. '
            "Received: sequence_length=None"
        )
    return channels_last.Flatten(name=name)(x)


def check_base_resolution(dilation_rates: Any) -> None:
    """Refuses a dilated first layer.

    Raises:
        ValueError: dilation_rates is empty or does not begin with 1.
    """
    if not dilation_rates or dilation_rates[0] != 1:
        raise ValueError(
            "dilation_rates must begin with 1: the first layer reads one-hot bases, "
            "and with a dilation rate above 1 each of its filters would skip the bases "
            "in between, so no filter could match a motif of adjacent bases. Let the "
            "rates grow from the second layer on, e.g. (1, 2, 4, 8). Received: "
            f"dilation_rates={dilation_rates!r}"
        )
