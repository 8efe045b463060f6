"""Words of letters with gaps, of both strands, as one vector a sequence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from zoo.layers import pairings
from zoo.layers.bases import known_bases
from zoo.layers.configured import LayerOptions
from zoo.layers.kmers import ReadsWords, word_index


@keras.saving.register_keras_serializable(package="seqzoo")
class GappedKmerEmbedding(ReadsWords):
    """Sums the learned vectors of all gapped words of both strands.

    A pattern says which positions of a window are letters of a word: "1101" reads the
    first, second and fourth base; k ones in a row are the k-mers. With w_p(x, i) the
    word of pattern p that starts at base i of x, E_p its vector, s the scale:

        y = s * sum over p, i of (E_p[w_p(x, i)] + E_p[w_p(RC(x), i)])

    Both strands read one table, so y is the same for both. Where the pattern is its
    own mirror image, a word and its reverse complement have one row, read twice. A
    gather: neither 4^k channels nor words of other patterns are made beside.

    Args:
        patterns: Of "1", a letter, and "0", a gap; a letter at both ends, 2 to 10
            letters.
        output_dim: Length of the vector.
        scale: What the sum is multiplied by. An optimizer such as Adam moves each
            weight by about its learning rate, and thousands of words add up: with a
            scale of 0.1 it moves the sum as if its learning rate were a tenth.
        embeddings_initializer: As in `keras.layers.Embedding`.
        embeddings_regularizer: As there.
        use_bias: Whether a learned vector, zeros at the start, is added.
        standardized_length: Length in bp of the sequences for which counts of words are
            standardized; None for plain sums. With c_r how often row r is read, each
            place of a mirrored pattern once, n how many words of its pattern are read,
            which those with an N are not, f_r the share of the row in all 4^k words,
            and m = 2 (standardized_length - pattern's length + 1) / 4^k, how often a
            word or its reverse complement is in random DNA of that length, the output
            is s * sum over r of (c_r - n f_r) / sqrt(m) * E[r]: weights of frequent and
            of rare words are learned, and penalized, alike, and what all words of a
            pattern share moves nothing, however many of them a sequence has. Words of
            longer patterns are not.

    Input shape:
        (batch, length) integer codes, or (batch, length, 4) one-hot ACGT; an unknown
        base (N) is code 4 or all zeros.

    Output shape:
        (batch, output_dim), summed in float32 at least. A word with an N adds nothing,
        nor does a pattern that is longer than the sequence.

    Weights:
        embeddings (rows, output_dim): pattern by pattern 4^k rows, in base-4 order of
        their letters, or, of a pattern that is its own mirror image, the rows of
        `RCKmerEmbedding`; bias (output_dim,), if used.

    Raises:
        ValueError: No pattern, one twice, or one that is none; or the input is neither
            codes nor one-hot.

    Source:
        Ghandi, Lee, Mohammad-Noori and Beer 2014, "Enhanced regulatory sequence
        prediction using gapped k-mer features", doi:10.1371/journal.pcbi.1003711.
        Deviations: a few patterns instead of all, written as spaced seeds are (Ma,
        Tromp and Li 2002, doi:10.1093/bioinformatics/18.3.440); learned by gradients
        instead of a kernel machine. One-hot is read as hard one-hot (argmax), so no
        gradient reaches it but by `zoo.contributions`.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        output_dim: int,
        *,
        scale: float = 1.0,
        embeddings_initializer: Any = "zeros",
        embeddings_regularizer: Any = None,
        use_bias: bool = False,
        standardized_length: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.patterns = tuple(patterns)
        _check(self.patterns)
        self.output_dim = output_dim
        self.scale = scale
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.embeddings_regularizer = keras.regularizers.get(embeddings_regularizer)
        self.use_bias = use_bias
        self.standardized_length = standardized_length
        self._readers, self._rows = _readers_of(self.patterns)
        self.k = max(len(reader.offsets) for reader in self._readers)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the table of all patterns' words."""
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self._rows, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            autocast=False,  # thousands of words are summed
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.output_dim,), initializer="zeros"
            )

    def encode(self, inputs: Any) -> Any:
        """Gathers one row per word and sums."""
        bases, table = known_bases(inputs), self._table()
        total: Any = 0.0
        for reader in self._readers:
            vectors, known = self._words(reader, table, *bases)
            total = total + reader.times * ops.einsum("bpd,bp->bd", vectors, known)
        return self._finished(total)

    def mixed(self, bases: Any) -> Any:
        """The sum where each position is a mixture of bases, linear in each of them.

        How often each word is expected is a matrix product of its first letters and of
        its last letters over the positions: (length, 4^k) is never made.

        Args:
            bases: (batch, length, 4), any numbers.

        Returns:
            (batch, output_dim), which for one-hot is that of `encode`.
        """
        length, vectors = bases.shape[1], self._table()
        total = ops.zeros((1, self.output_dim))
        for reader in self._readers:
            strand = ops.flip(bases, axis=-1) if reader.complemented else bases
            places = length - max(reader.offsets)
            if places < 1:
                continue
            at = [strand[:, offset : offset + places] for offset in reader.offsets]
            half = len(at) // 2
            first, last = _joint(at[:half]), _joint(at[half:])
            expected = ops.einsum("bpu,bpv->buv", first, last)
            expected = ops.reshape(expected, (-1, reader.number.size))
            table = ops.take(vectors, reader.number, axis=0)
            total = total + reader.times * ops.matmul(expected, table)
        return self._finished(total)

    def _finished(self, total: Any) -> Any:
        total = ops.cast(self.scale * total, self.compute_dtype)
        return total if self.bias is None else total + self.bias

    def _table(self) -> Any:
        """What is added for each word: its row, standardized where that is asked."""
        if self.standardized_length is None:
            return self.embeddings
        parts, start = [], 0
        for reader in self._readers:
            if reader.complemented:  # the rows of the one before
                continue
            _, times = np.unique(reader.number, return_counts=True)
            rows = self.embeddings[start : start + len(times)]
            start += len(times)
            words = times.astype("float32")[:, None] / reader.number.size
            places = self.standardized_length - max(reader.offsets)
            if places < 1:
                parts.append(rows)
                continue
            mean = 2 * places / reader.number.size
            # The sum over places is multiplied by `times`, which counts do not have.
            spread = reader.times * mean**0.5
            parts.append((rows - ops.sum(rows * words, axis=0)) / spread)
        return ops.concatenate(parts)

    def _words(
        self, reader: _Reader, table: Any, base: Any, known: Any
    ) -> tuple[Any, Any]:
        """Vectors (batch, places, output_dim), and 1 for each that is known, else 0."""
        strand = 3 - base if reader.complemented else base
        index, known = word_index(strand, known, reader.offsets)
        if reader.is_palindromic:
            index = ops.take(reader.number, index, axis=0)
        else:
            index = index + int(reader.number[0])
        vectors = ops.take(table, index, axis=0)
        at_least_single = keras.backend.result_type(vectors.dtype, "float32")
        return ops.cast(vectors, at_least_single), ops.cast(known, at_least_single)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, output_dim)."""
        return (input_shape[0], self.output_dim)

    def input_window(self) -> dict[str, Any]:
        """All of the sequence, see `zoo.receptive_field`."""
        return {"whole": True}

    def multiply_adds(self, input_shape: tuple[int | None, ...]) -> int:
        """None: a look-up."""
        return 0


@dataclass(frozen=True, eq=False)
class _Reader:
    """A pattern, read on one strand.

    Attributes:
        offsets: Of the letters, in the order of the word.
        complemented: Whether its bases are those of the other strand.
        number: The row of each of its words, in base-4 order.
        is_palindromic: Whether the pattern is its own mirror image; the other strand's
            words then have the same rows, and are not read again.
        times: How often each word is added.
    """

    offsets: tuple[int, ...]
    complemented: bool
    number: Any
    is_palindromic: bool
    times: int


def _readers_of(patterns: Sequence[str]) -> tuple[list[_Reader], int]:
    """What reads each pattern, and the number of rows."""
    readers, rows = [], 0
    for pattern in patterns:
        offsets = tuple(i for i, letter in enumerate(pattern) if letter == "1")
        number = np.arange(4 ** len(offsets), dtype="int32")
        if pattern == pattern[::-1]:
            partners = np.array(pairings.kmers(len(offsets)), "int32")
            _, number = np.unique(np.minimum(number, partners), return_inverse=True)
            number = (rows + number).astype("int32")
            readers.append(_Reader(offsets, False, number, True, 2))
        else:
            number += rows
            # The first letter on the other strand is the last one here.
            backwards = tuple(len(pattern) - 1 - offset for offset in offsets)
            readers.append(_Reader(offsets, False, number, False, 1))
            readers.append(_Reader(backwards, True, number, False, 1))
        rows = int(number.max()) + 1
    return readers, rows


def _joint(bases: list[Any]) -> Any:
    """The products of one number of each position's four: (batch, places, 4^k)."""
    joint = bases[0]
    for base in bases[1:]:
        joint = joint[..., None] * base[..., None, :]
        joint = ops.reshape(joint, (-1, base.shape[1], 4 * joint.shape[2]))
    return joint


def _check(patterns: Sequence[str]) -> None:
    """Refuses what are no patterns of words."""
    for pattern in patterns:
        if not re.fullmatch("1[01]*1", str(pattern)) or pattern.count("1") > 10:
            raise ValueError(
                'A pattern is 2 to 10 letters, "1", and gaps, "0", between them, e.g. '
                f'"1101". Received: {pattern!r} in patterns={list(patterns)}'
            )
    if not patterns or len(set(patterns)) < len(patterns):
        raise ValueError(
            f"Expected patterns, each once. Received: patterns={list(patterns)}"
        )
