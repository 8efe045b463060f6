"""Codes to one-hot, within the graph."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.dna import ALPHABET, UNKNOWN
from zoo.layers.bases import ReadsBases

CHANNELS = len(ALPHABET)


@keras.saving.register_keras_serializable(package="seqzoo")
class OneHot(ReadsBases):
    """One channel for each of A, C, G and T; the rest is zeros.

        y[b, i, c] = 1 if x[b, i] = c else 0,  c = 0, 1, 2, 3 for A, C, G, T

    In front of a model it lets one byte per base cross to the device, instead of the
    16 of float32 one-hot.

    Input shape:
        (batch, length) integer codes (uint8 or wider), see `zoo.dna.encode`.

    Output shape:
        (batch, length, 4) in the compute dtype. N (code 4) is zeros. So is every
        integer that is no code, as a graph cannot raise: check arrays of unknown
        origin with `zoo.dna.check_codes`, outside the graph. (A model whose input is
        uint8 has integers of another dtype cast by Keras, 256 to 0, before this
        layer sees them.)

    Raises:
        ValueError: The input is not (batch, length), or not of an integer dtype.

    Source:
        One-hot DNA as in Alipanahi et al., "Predicting the sequence specificities of
        DNA- and RNA-binding proteins by deep learning", 2015, doi:10.1038/nbt.3300.
        Deviation: there, N is 0.25 in each channel; here it is zeros, so that it
        adds nothing to a convolution's score.
    """

    reads_one_hot = False

    def encode(self, inputs: Any) -> Any:
        """Encodes each base; has no weights."""
        return one_hot(inputs, dtype=self.compute_dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, length, 4)."""
        return (*input_shape, CHANNELS)


def one_hot(codes: Any, dtype: str = "float32") -> Any:
    """One-hot of a tensor of codes, by what is fastest on the backend in use.

    Args:
        codes: Integers (...).
        dtype: Of the result.

    Returns:
        (..., 4), channels A, C, G, T; zeros for all integers but 0 to 3.
    """
    if keras.backend.backend() == "torch":
        return _one_hot_of_words(codes, dtype)
    # Zeros for what is out of range, documented so by TensorFlow and JAX.
    return ops.one_hot(codes, CHANNELS, dtype=dtype)


def _one_hot_of_words(codes: Any, dtype: str) -> Any:
    """By a 1 in one byte of a word of four, or in none.

    PyTorch's own one-hot refuses what is out of range; comparisons, look-ups and it
    cost several times what these operations do.
    """
    if keras.backend.standardize_dtype(codes.dtype) != "uint8":
        is_base = ops.equal(ops.bitwise_and(codes, 3), codes)
        codes = ops.cast(ops.where(is_base, codes, UNKNOWN), "uint8")
    flat = ops.reshape(codes, (-1,))  # in one piece, as a view needs it
    bits = ops.cast(ops.minimum(flat, UNKNOWN) * 8, "int64")
    # N's bit is the 32nd, which is cut off; on little-endian machines A's byte is
    # the first.
    words = ops.cast(ops.left_shift(1, bits), "int32")
    channels = ops.reshape(ops.view(words, "uint8"), (*codes.shape, CHANNELS))
    return ops.cast(channels, dtype)
