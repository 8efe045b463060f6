"""What the filters of a trained first layer look for. Imports Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.sequences import codes_of_one_length
from zoo.dna import ALPHABET, UNKNOWN, Codes, one_hot
from zoo.errors import InputError
from zoo.interpretation.motifs.first_layer import FirstLayer, find_first_layer
from zoo.interpretation.motifs.motif import Motif

_MAX_VALUES = 1 << 23  # activations computed at once: 32 MB


def filters_to_motifs(
    model: keras.Model,
    sequences: Any,
    *,
    layer: str | None = None,
    share_of_maximum: float = 0.5,
) -> dict[int, Motif]:
    """Turns the filters of a first layer into motifs, by the windows that excite them.

    For each filter, all windows of the sequences whose activation is above a share of
    the filter's largest activation are aligned, and the bases of each
    column are counted. The activation is the output behind the batch normalization and
    the activation layer that follow the convolution, where there are any. Left out are
    windows that reach beyond the ends (padding) or hold an N.

    The two channels of a pair of an `RCConv1D` are one filter on two strands: windows
    of the partner are counted as their reverse complements, under one maximum.

    Weights say what a filter could respond to; the windows say what it does respond to
    in these sequences. A filter that is a motif's log-odds gives that motif back where
    its sites are frequent.

    Args:
        model: Functional or sequential, with a `Conv1D` or `RCConv1D` on one-hot
            bases.
        sequences: As `zoo.predict` takes them, of one length.
        layer: The name of the convolution; without it, the one that reads the bases.
        share_of_maximum: 0 to below 1.

    Returns:
        A motif for each output channel, by its number, named "LAYER_CHANNEL", with
        counts (kernel_size, 4) and the base frequencies of the sequences as
        background. Channels that are never above 0 have none; of a pair of an
        `RCConv1D`, the channel with the smaller number has it.

    Raises:
        InputError: No such layer, no sequences or none as long as the filters, or a
            share out of range.

    Source:
        Alipanahi et al. 2015, doi:10.1038/nbt.3300 (all windows above a threshold);
        Basset, Kelley, Snoek and Rinn 2016, doi:10.1101/gr.200535.115 (half of the
        maximum). Deviations: windows that overhang or hold an N are left out; the two
        strands of tied filters are joined.
    """
    if not 0 <= share_of_maximum < 1:
        raise InputError(
            "Expected a share of the maximum from 0 to below 1. "
            f"Received: share_of_maximum={share_of_maximum}."
        )
    first = find_first_layer(model, layer)
    codes = codes_of_one_length(sequences)
    windows = _Windows(first, codes.shape[1])
    filters = first.convolution.filters
    partners = np.array(first.partners or range(filters))
    largest = np.full(filters, -np.inf)
    for activations, _ in _batches(first, windows, codes):
        largest = np.maximum(largest, activations.max(axis=0, initial=-np.inf))
    largest = np.maximum(largest, largest[partners])
    lowest = np.maximum(share_of_maximum * largest, 0)
    counts = np.zeros((filters, first.kernel_size, len(ALPHABET)))
    for activations, bases in _batches(first, windows, codes):
        found = (activations > lowest).astype(np.float32)
        # A product of matrices: counts of a batch are small enough for float32.
        counts += (found.T @ bases.reshape(len(bases), -1)).reshape(counts.shape)
    if first.partners is not None:
        others = counts[partners][:, ::-1, ::-1]
        counts += np.where((partners == np.arange(filters))[:, None, None], 0, others)
    background = _frequencies(codes)
    return {
        channel: Motif(
            f"{first.convolution.name}_{channel}",
            counts[channel],
            background=background,
        )
        for channel in range(filters)
        if channel <= partners[channel] or first.partners is None
        if counts[channel].any()
    }


class _Windows:
    """Where the windows of a convolution lie in sequences of one length."""

    def __init__(self, first: FirstLayer, length: int) -> None:
        extent = first.dilation_rate * (first.kernel_size - 1) + 1
        if length < extent:
            raise InputError(
                f"Expected sequences of at least {extent} bp, the extent of the "
                f"filters of {first.convolution.name!r}. Received: {length} bp."
            )
        stride, padding = first.strides, first.convolution.padding
        count, left = (length - extent) // stride + 1, 0
        if padding != "valid":
            count = -(-length // stride)
            total = max(0, (count - 1) * stride + extent - length)
            left = extent - 1 if padding == "causal" else total // 2
        starts = stride * np.arange(count) - left
        self.inside = (starts >= 0) & (starts + extent <= length)
        offsets = first.dilation_rate * np.arange(first.kernel_size)
        self.positions = starts[self.inside][:, None] + offsets


def _batches(
    first: FirstLayer, windows: _Windows, codes: Codes
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Activations (window, filter) and one-hot bases (window, kernel_size, 4)."""
    wide = max(first.convolution.filters, 4 * first.kernel_size)
    step = max(1, _MAX_VALUES // (codes.shape[1] * wide))
    for start in range(0, len(codes), step):
        part = codes[start : start + step]
        outputs = keras.ops.convert_to_numpy(_activate(first, part))
        bases = part[:, windows.positions]
        known = (bases != UNKNOWN).all(axis=2)
        outputs = outputs[:, windows.inside][known].astype(np.float32)
        yield outputs, one_hot(bases[known])


def _activate(first: FirstLayer, codes: Codes) -> Any:
    # Layers are called on values, not on symbols: that leaves the model's graph as
    # it is, and takes any length.
    x = keras.ops.convert_to_tensor(codes if first.reads_codes else one_hot(codes))
    behind = (first.convolution, first.normalization, first.activation)
    for layer in (*first.before, *(each for each in behind if each is not None)):
        x = layer(x)
    return x


def _frequencies(codes: Codes) -> npt.NDArray[np.float64]:
    """Of the bases; each counted once more, so that none is 0."""
    counts = np.bincount(codes.reshape(-1), minlength=UNKNOWN + 1)[:UNKNOWN] + 1.0
    return counts / counts.sum()
