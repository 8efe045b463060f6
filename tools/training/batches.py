"""The batches that the releases of version 1 were trained on.

The random numbers of a recipe are part of it: what is new in `zoo.data.SequenceDataset`
draws them in another order, so that these classes stay as they were. Everything random
follows from the seed, the epoch and the batch's index.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np

from zoo.dna import UNKNOWN, one_hot, reverse_complement_codes


class _Batches(keras.utils.PyDataset):
    """The order of `size` rows, a new one each epoch, and the random numbers."""

    def __init__(self, size: int, *, batch_size: int, shuffle: bool, seed: int) -> None:
        super().__init__()
        self.size, self.batch_size = size, batch_size
        self.shuffle, self.seed = shuffle, seed
        self.epoch = 0
        self.order = self._order()

    def __len__(self) -> int:
        """Batches per epoch."""
        return math.ceil(self.size / self.batch_size)

    def on_epoch_end(self) -> None:
        """Moves to the next epoch's order and augmentation."""
        self.epoch += 1
        self.order = self._order()

    def _order(self) -> np.ndarray:
        rows = np.arange(self.size)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(rows)
        return rows

    def _draw(self, index: int) -> tuple[np.ndarray, np.random.Generator]:
        """The rows of a batch, and its own source of random numbers."""
        if not 0 <= index < len(self):
            raise IndexError(
                f"Expected a batch from 0 to {len(self) - 1}. Received: {index}"
            )
        first = index * self.batch_size
        rows = self.order[first : first + self.batch_size]
        # By index, so that threads may make the batches in any order.
        return rows, np.random.default_rng([self.seed, self.epoch, index])


class SequenceBatches(_Batches):
    """Sequences of one length and their targets, in batches `(x, y)`.

    x is float32 `(batch, length, 4)`, one-hot in the order A C G T with zeros for N; y
    as in `targets`. NaN in the targets is left in place, for a loss that ignores it.

    Args:
        codes: uint8 `(n, length)`, A C G T = 0 1 2 3, N = 4.
        targets: `(n, num_outputs)`, or `(n, bins, num_outputs)` for a profile.
        batch_size: Sequences per batch; the last batch may be smaller.
        shuffle: Whether each epoch has its own order.
        reverse_complement: Whether each sequence is reverse complemented with
            probability 0.5, the bins of a profile being reversed with it.
        max_shift: Each sequence is moved by up to so many bp to either side; N comes
            in at the end. Not for profiles.
        seed: Of the order and of the augmentation.
    """

    def __init__(
        self,
        codes: np.ndarray,
        targets: np.ndarray,
        *,
        batch_size: int,
        shuffle: bool = False,
        reverse_complement: bool = False,
        max_shift: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(len(codes), batch_size=batch_size, shuffle=shuffle, seed=seed)
        self.codes, self.targets = codes, targets
        self.reverse_complement, self.max_shift = reverse_complement, max_shift

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows, random = self._draw(index)
        codes, targets = self.codes[rows], self.targets[rows]
        if self.max_shift:
            codes = _shift(codes, random, self.max_shift)
        if self.reverse_complement:
            codes, targets = _flip_half(codes, targets, random)
        return one_hot(codes), targets


class GenomeBatches(_Batches):
    """Windows cut from chromosomes, and the binned track at their center.

    A batch is `(x, y)`: x float32 `(batch, sequence_length, 4)`; y float32 `(batch,
    target_length / bin_size, num_outputs)`, the mean of the track in each bin, NaN if
    any base of the bin is. Window i of an epoch starts at a multiple of
    `target_length`, moved by less than that, so that no two epochs are the same;
    windows are always wholly inside their chromosome, and come in an order of their
    own each epoch.

    Args:
        codes: uint8 `(length,)`, one array per chromosome.
        tracks: float32 `(length, num_outputs)`, one array per chromosome.
        sequence_length: bp per window.
        target_length: bp at the window's center that the targets cover.
        bin_size: bp per bin.
        batch_size: Windows per batch; the last batch may be smaller.
        reverse_complement: Whether each window is reverse complemented, and its bins
            reversed, with probability 0.5.
        seed: Of order, places and augmentation.
    """

    def __init__(
        self,
        codes: Sequence[np.ndarray],
        tracks: Sequence[np.ndarray],
        *,
        sequence_length: int,
        target_length: int,
        bin_size: int,
        batch_size: int,
        reverse_complement: bool = False,
        seed: int = 0,
    ) -> None:
        starts, limits, end = [], [], 0
        for chromosome in codes:
            last = len(chromosome) - sequence_length
            starts.append(end + np.arange(0, last + 1, target_length))
            limits.append(np.full(len(starts[-1]), end + last))
            end += len(chromosome)
        self.starts, self.limits = np.concatenate(starts), np.concatenate(limits)
        self.codes, self.tracks = np.concatenate(codes), np.concatenate(tracks)
        self.sequence_length = sequence_length
        self.target_length = target_length
        self.bin_size = bin_size
        self.reverse_complement = reverse_complement
        super().__init__(
            len(self.starts), batch_size=batch_size, shuffle=True, seed=seed
        )

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows, random = self._draw(index)
        moved = self.starts[rows] + random.integers(0, self.target_length, len(rows))
        codes, targets = cut_windows(
            self.codes,
            self.tracks,
            np.minimum(moved, self.limits[rows]),
            sequence_length=self.sequence_length,
            target_length=self.target_length,
            bin_size=self.bin_size,
        )
        if self.reverse_complement:
            codes, targets = _flip_half(codes, targets, random)
        return one_hot(codes), targets


def cut_windows(
    codes: np.ndarray,
    track: np.ndarray,
    starts: np.ndarray,
    *,
    sequence_length: int,
    target_length: int,
    bin_size: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Cuts windows and bins the track at their center.

    Args:
        codes: uint8 `(length,)`.
        track: float32 `(length, num_outputs)`.
        starts: First base of each window, 0-based, `(n,)`.
        sequence_length: bp per window.
        target_length: bp at the window's center that the targets cover.
        bin_size: bp per bin.

    Returns:
        Codes `(n, sequence_length)` and the mean of each bin, float32
        `(n, target_length / bin_size, num_outputs)`.
    """
    margin = (sequence_length - target_length) // 2
    windows = codes[starts[:, None] + np.arange(sequence_length)]
    values = track[(starts + margin)[:, None] + np.arange(target_length)]
    bins = values.reshape(
        len(starts), target_length // bin_size, bin_size, track.shape[1]
    )
    return windows, bins.mean(axis=2, dtype=np.float32)


def _flip_half(
    codes: np.ndarray, targets: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Reverse complements each row with probability 0.5, its profile with it."""
    flip = random.random(len(codes)) < 0.5
    # Rows were gathered by index, so these arrays are copies of their own.
    codes[flip] = reverse_complement_codes(codes[flip])
    if targets.ndim == 3:
        targets[flip] = targets[flip, ::-1]
    return codes, targets


def _shift(
    codes: np.ndarray, random: np.random.Generator, max_shift: int
) -> np.ndarray:
    length = codes.shape[1]
    padded = np.pad(codes, ((0, 0), (max_shift,) * 2), constant_values=UNKNOWN)
    starts = random.integers(0, 2 * max_shift + 1, len(codes))
    return np.take_along_axis(padded, starts[:, None] + np.arange(length), axis=1)
