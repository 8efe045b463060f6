"""One-hot in other layouts, and what an encoding by k-mers costs.

The layers that encode are in `zoo.layers`: `OneHot`, `NucleotideEmbedding`,
`KmerOneHot`, `KmerEmbedding`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from zoo.dna import ALPHABET
from zoo.errors import InputError

CHANNELS = len(ALPHABET)
_BYTES_OF_FLOAT32 = 4


def to_channels_first(one_hot: Any) -> Any:
    """One-hot (..., length, 4), as in this package, to (..., 4, length).

    Args:
        one_hot: NumPy array, or a tensor of the backend in use, symbolic or not.

    Returns:
        The same kind; of a NumPy array a view, not a copy.

    Raises:
        InputError: The last axis is not 4.
    """
    return _swap(one_hot, -1, "(..., length, 4)", "to_channels_last")


def to_channels_last(one_hot: Any) -> Any:
    """One-hot (..., 4, length), as PyTorch models take it, to (..., length, 4).

    Args:
        one_hot: NumPy array, or a tensor of the backend in use, symbolic or not.

    Returns:
        The same kind; of a NumPy array a view, not a copy.

    Raises:
        InputError: The last axis but one is not 4.
    """
    return _swap(one_hot, -2, "(..., 4, length)", "to_channels_first")


def _swap(one_hot: Any, axis: int, expected: str, inverse: str) -> Any:
    shape = tuple(one_hot.shape)
    if len(shape) < 2 or shape[axis] != CHANNELS:
        other = -3 - axis
        swapped = len(shape) >= 2 and shape[other] == CHANNELS
        raise InputError(
            f"Expected one-hot {expected}. Received: shape {shape}."
            + (f" For the opposite direction use {inverse}." if swapped else "")
        )
    if isinstance(one_hot, np.ndarray):
        return one_hot.swapaxes(-1, -2)
    return ops.swapaxes(one_hot, -1, -2)


@dataclass(frozen=True)
class EncodingCost:
    """What an encoding by k-mers costs, in front of a first convolution.

    Attributes:
        k: Bases in a k-mer; k = 1 is one-hot, or an embedding, of single bases.
        channels: Of the one-hot encoding: 4^k.
        one_hot_parameters: Of the first convolution on one-hot:
            kernel_size 4^k filters + filters.
        table_parameters: Of the table of the embedding: 4^k output_dim.
        embedding_parameters: Of the table and the first convolution on it:
            4^k output_dim + kernel_size output_dim filters + filters.
        code_bytes: Bytes per position of uint8 codes, which both encodings can be
            made of on the device.
        one_hot_bytes: Bytes per position of one-hot in float32: 4 4^k.
        embedding_bytes: Bytes per position of the embedding in float32: 4 output_dim.
    """

    k: int
    channels: int
    one_hot_parameters: int
    table_parameters: int
    embedding_parameters: int
    code_bytes: int
    one_hot_bytes: int
    embedding_bytes: int


def tabulate_costs(
    k: Iterable[int] = range(1, 7),
    *,
    filters: int,
    kernel_size: int,
    output_dim: int = 32,
    use_bias: bool = True,
) -> list[EncodingCost]:
    """Parameters and memory of one-hot and embedded k-mers against k.

    Both grow with 4^k, but one-hot by kernel_size * filters per k-mer, and the
    embedding by output_dim.

    Args:
        k: Lengths of k-mers.
        filters: Of the first convolution.
        kernel_size: Its width in k-mers.
        output_dim: Length of the embedding's vectors.
        use_bias: Whether that convolution has one.

    Returns:
        One `EncodingCost` per k, in order. `pandas.DataFrame` takes the list as it is.

    Raises:
        InputError: An argument that is not a positive integer.
    """
    lengths = list(k)
    sizes = {"filters": filters, "kernel_size": kernel_size, "output_dim": output_dim}
    for name, size in [*sizes.items(), *(("k", length) for length in lengths)]:
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise InputError(f"Expected a positive integer. Received: {name}={size!r}.")
    bias = filters if use_bias else 0
    weights_per_channel = kernel_size * filters
    rows = []
    for length in lengths:
        channels = CHANNELS**length
        table = channels * output_dim
        rows.append(
            EncodingCost(
                k=length,
                channels=channels,
                one_hot_parameters=weights_per_channel * channels + bias,
                table_parameters=table,
                embedding_parameters=table + weights_per_channel * output_dim + bias,
                code_bytes=1,
                one_hot_bytes=_BYTES_OF_FLOAT32 * channels,
                embedding_bytes=_BYTES_OF_FLOAT32 * output_dim,
            )
        )
    return rows
