"""The batches that the releases of version 1 were trained on.

The random numbers of a recipe are part of it: what is new in `zoo.data.SequenceDataset`
draws them in another order, so that these classes stay as they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np

from zoo.dna import UNKNOWN, one_hot, reverse_complement_codes
from zoo.errors import InputError


class _Batches(keras.utils.PyDataset):
    """The order of `size` rows, a new one each epoch, and the random numbers."""

    def __init__(
        self, size: int, *, batch_size: int, shuffle: bool, seed: int, workers: int
    ) -> None:
        super().__init__(workers=workers)
        if batch_size < 1:
            raise InputError(
                f"Expected a batch_size of at least 1. Received: {batch_size}"
            )
        self.size = size
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.epoch = 0
        self.order = self._order()

    def __len__(self) -> int:
        """Batches an epoch."""
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
    """Sequences of one length and their targets, in batches.

    A batch is `(x, y)` or, with weights, `(x, y, sample_weight)`: x float32
    `(batch, length, 4)`, one-hot in the order A C G T with zeros for N; y as in
    `targets`. NaN in the targets is left in place, for a loss that ignores it.

    Everything random follows from `seed`, the epoch and the batch's index. The order
    of the batches is Keras's own: give `shuffle=False` to `model.fit`, or call
    `keras.utils.set_random_seed`, to repeat it as well.

    Args:
        codes: uint8 `(n, length)`, A C G T = 0 1 2 3, N = 4.
        targets: `(n, num_outputs)`, or `(n, bins, num_outputs)` for a profile.
        batch_size: Sequences a batch; the last batch may be smaller.
        sample_weight: `(n,)` or of any shape that begins with n.
        shuffle: Whether each epoch has its own order.
        reverse_complement: Whether each sequence is reverse complemented with
            probability 0.5, the bins of a profile being reversed with it. Only for
            targets that are the same on both strands.
        max_shift: Each sequence is moved by up to so many bp to either side; N comes
            in at the end.
        seed: Of the order and of the augmentation.
        workers: Threads that make batches; 1 makes them without any.

    Raises:
        InputError: Shapes do not fit each other, or a profile is to be shifted.
    """

    def __init__(
        self,
        codes: np.ndarray,
        targets: np.ndarray,
        *,
        batch_size: int,
        sample_weight: np.ndarray | None = None,
        shuffle: bool = False,
        reverse_complement: bool = False,
        max_shift: int = 0,
        seed: int = 0,
        workers: int = 1,
    ) -> None:
        super().__init__(
            len(codes),
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            workers=workers,
        )
        _check_codes(codes, ndim=2)
        if len(codes) != len(targets) or targets.ndim not in (2, 3):
            raise InputError(
                "Expected targets (n, num_outputs) or (n, bins, num_outputs) with one "
                f"row per sequence. Received: codes.shape={codes.shape}, "
                f"targets.shape={targets.shape}"
            )
        if sample_weight is not None and len(sample_weight) != len(codes):
            raise InputError(
                "Expected one sample weight per sequence. Received: "
                f"codes.shape={codes.shape}, sample_weight.shape={sample_weight.shape}"
            )
        if max_shift and targets.ndim == 3:
            raise InputError(
                "Expected max_shift=0 with a profile, whose bins would no longer fit "
                f"the sequence. Received: max_shift={max_shift}. Use GenomeBatches, "
                "which cuts sequence and profile together."
            )
        if not 0 <= max_shift <= codes.shape[1]:
            raise InputError(
                f"Expected max_shift from 0 to the length {codes.shape[1]}. Received: "
                f"max_shift={max_shift}"
            )
        self.codes, self.targets = codes, targets
        self.sample_weight = sample_weight
        self.reverse_complement = reverse_complement
        self.max_shift = max_shift

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Makes one batch.

        Args:
            index: Of the batch, from 0.

        Returns:
            `(x, y)` or `(x, y, sample_weight)`.
        """
        rows, random = self._draw(index)
        codes, targets = self.codes[rows], self.targets[rows]
        if self.max_shift:
            codes = _shift(codes, random, self.max_shift)
        if self.reverse_complement:
            codes, targets = _flip_half(codes, targets, random)
        if self.sample_weight is None:
            return one_hot(codes), targets
        return one_hot(codes), targets, self.sample_weight[rows]


class GenomeBatches(_Batches):
    """Windows cut from chromosomes, and the binned track at their center.

    A batch is `(x, y)`: x float32 `(batch, sequence_length, 4)`; y float32 `(batch,
    target_length / bin_size, num_outputs)`, the mean of the track in each bin, NaN if
    any base of the bin is. Window i of an epoch starts at a multiple of `stride`,
    moved by 0 to `stride - 1` bp with `jitter`, so that no two epochs are the same;
    windows are always wholly inside their chromosome.

    Everything random follows from `seed`, the epoch and the batch's index.

    Args:
        codes: uint8 `(length,)`, one array a chromosome.
        tracks: float32 `(length, num_outputs)`, one array a chromosome.
        sequence_length: bp a window.
        target_length: bp at the window's center that the targets cover.
        bin_size: bp a bin.
        stride: bp from one window to the next.
        batch_size: Windows a batch; the last batch may be smaller.
        shuffle: Whether each epoch has its own order.
        jitter: Whether windows are moved anew each epoch.
        reverse_complement: Whether each window is reverse complemented, and its bins
            reversed, with probability 0.5.
        seed: Of order, jitter and augmentation.
        workers: Threads that make batches; 1 makes them without any.

    Raises:
        InputError: Shapes or lengths do not fit each other, or no chromosome holds a
            window.
    """

    def __init__(
        self,
        codes: Sequence[np.ndarray],
        tracks: Sequence[np.ndarray],
        *,
        sequence_length: int,
        target_length: int,
        bin_size: int,
        stride: int,
        batch_size: int,
        shuffle: bool = False,
        jitter: bool = False,
        reverse_complement: bool = False,
        seed: int = 0,
        workers: int = 1,
    ) -> None:
        if len(codes) != len(tracks):
            raise InputError(
                "Expected one track a chromosome. Received: "
                f"{len(codes)} chromosomes, {len(tracks)} tracks"
            )
        for chromosome, track in zip(codes, tracks, strict=True):
            _check_track(chromosome, track)
        _check_window(sequence_length, target_length, bin_size)
        if stride < 1:
            raise InputError(f"Expected a stride of at least 1 bp. Received: {stride}")
        starts, limits, end = [], [], 0
        for chromosome in codes:
            last = len(chromosome) - sequence_length
            starts.append(end + np.arange(0, last + 1, stride))
            limits.append(np.full(len(starts[-1]), end + last))
            end += len(chromosome)
        if not sum(map(len, starts)):
            raise InputError(
                f"Expected a chromosome of at least {sequence_length} bp. Received: "
                f"{', '.join(str(len(chromosome)) for chromosome in codes) or 'none'}"
            )
        super().__init__(
            sum(map(len, starts)),
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            workers=workers,
        )
        self.starts, self.limits = np.concatenate(starts), np.concatenate(limits)
        self.codes, self.tracks = np.concatenate(codes), np.concatenate(tracks)
        self.sequence_length = sequence_length
        self.target_length = target_length
        self.bin_size = bin_size
        self.stride = stride
        self.jitter = jitter
        self.reverse_complement = reverse_complement

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Makes one batch.

        Args:
            index: Of the batch, from 0.

        Returns:
            `(x, y)`.
        """
        rows, random = self._draw(index)
        starts = self.starts[rows]
        if self.jitter:
            moved = starts + random.integers(0, self.stride, len(starts))
            starts = np.minimum(moved, self.limits[rows])
        codes, targets = cut_windows(
            self.codes,
            self.tracks,
            starts,
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
        sequence_length: bp a window.
        target_length: bp at the window's center that the targets cover.
        bin_size: bp a bin.

    Returns:
        Codes `(n, sequence_length)` and the mean of each bin, float32
        `(n, target_length / bin_size, num_outputs)`.

    Raises:
        InputError: A window leaves the sequence, or the lengths do not fit.
    """
    _check_track(codes, track)
    _check_window(sequence_length, target_length, bin_size)
    starts = np.asarray(starts)
    last = len(codes) - sequence_length
    if len(starts) and not (starts.min() >= 0 and starts.max() <= last):
        raise InputError(
            f"Expected windows of {sequence_length} bp inside {len(codes)} bp: starts "
            f"from 0 to {last}. Received: {starts.min()} to {starts.max()}"
        )
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


def _check_codes(codes: np.ndarray, ndim: int) -> None:
    if codes.dtype != np.uint8 or codes.ndim != ndim:
        raise InputError(
            f"Expected uint8 codes of {ndim} dimension(s), as zoo.dna makes them. "
            f"Received: {codes.dtype} {codes.shape}"
        )


def _check_track(codes: np.ndarray, track: np.ndarray) -> None:
    _check_codes(codes, ndim=1)
    if track.ndim != 2 or len(track) != len(codes):
        raise InputError(
            "Expected a track (length, num_outputs) with one row per base. Received: "
            f"{len(codes)} bp, track.shape={track.shape}"
        )


def _check_window(sequence_length: int, target_length: int, bin_size: int) -> None:
    odd = (sequence_length - target_length) % 2
    if not 0 < target_length <= sequence_length or bin_size < 1 or odd:
        raise InputError(
            "Expected a target_length from 1 to sequence_length that leaves equal "
            f"margins. Received: sequence_length={sequence_length}, "
            f"target_length={target_length}, bin_size={bin_size}"
        )
    if target_length % bin_size:
        raise InputError(
            "Expected a target_length of whole bins. Received: "
            f"target_length={target_length}, bin_size={bin_size}"
        )
