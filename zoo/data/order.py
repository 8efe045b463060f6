"""Which rows make which batch: a pure function of seed, epoch and step."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.rows import Rows
from zoo.errors import InputError, check_at_least

# First words of the seeds, so that no two purposes share a stream of random numbers.
_ORDER, _AUGMENTATION, _BACKGROUND = 0, 1, 2
_EPOCHS_KEPT = 2  # a stream that is read ahead stands in two epochs at once


@dataclass(frozen=True, eq=False)
class BatchOrder:
    """The rows of each batch of each epoch.

    Row j of epoch e is `permutation(e)[j]`; global batch s has the rows from
    `s batch_size` to `(s + 1) batch_size`. Nothing is remembered from batch to batch:
    any batch of any epoch can be asked for at any time, which is what makes a stream
    resume exactly.

    Attributes:
        size: Rows there are.
        batch_size: Rows of a global batch: of all shards together.
        shuffle: Whether each epoch has its own order.
        seed: Of the order and of the augmentation, not negative.
        drop_remainder: Whether a last batch of fewer rows is left out.
        shard: (index, count): this worker's number, from 0, and how many there are.
        groups: Class of each row, from 0, `(size,)`: each epoch then has equally many
            rows of each class, and so has each batch, give or take one. None for each
            row once.
        oversample: With groups: every class has as many rows as the largest, rows of
            smaller ones being repeated; otherwise as many as the smallest, drawn anew
            each epoch.
        background: Which rows are background, bool `(size,)`: an epoch has only some of
            them, drawn anew each epoch if it is shuffled, else once. None for all rows.
        background_ratio: With background: how many of its rows an epoch has for each
            of the others, rounded; all of them where there are fewer.

    Raises:
        InputError: The numbers do not fit each other, or there would be no batch.
    """

    size: int
    batch_size: int
    shuffle: bool = False
    seed: int = 0
    drop_remainder: bool = False
    shard: tuple[int, int] = (0, 1)
    groups: npt.NDArray[np.integer[Any]] | None = None
    oversample: bool = True
    background: npt.NDArray[np.bool_] | None = None
    background_ratio: float = 0.0
    _permutations: dict[int, Rows] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        check_at_least(1, batch_size=self.batch_size)
        check_at_least(0, seed=self.seed)
        if self.groups is not None and not self.shuffle:
            raise InputError(
                "Expected shuffle=True with balanced classes, whose rows are drawn."
            )
        if self.background is not None and (
            self.groups is not None or not 0 <= self.background_ratio < math.inf
        ):
            balanced = "with" if self.groups is not None else "without"
            raise InputError(
                "Expected a background_ratio of at least 0, without balanced classes. "
                f"Received: {self.background_ratio}, {balanced} them"
            )
        index, count = self.shard
        if not 0 <= index < count:
            raise InputError(
                "Expected shard=(index, count) with index from 0 to count - 1. "
                f"Received: shard={self.shard}"
            )
        if self.batch_size % count:
            raise InputError(
                f"Expected a batch_size, the rows of all {count} shards together, that "
                f"{count} divides. Received: batch_size={self.batch_size}"
            )
        if not self.steps:
            raise InputError(
                f"Expected at least {self.batch_size if self.drop_remainder else 1} "
                f"rows, for one batch. Received: {self.epoch_size}"
            )
        rest = self.epoch_size % self.batch_size
        if 0 < rest < count and not self.drop_remainder:
            raise InputError(
                f"Expected a row of each batch for each of {count} shards. Received: "
                f"{self.epoch_size} rows in batches of {self.batch_size}, {rest} in "
                "the last. Use drop_remainder=True, or another batch_size."
            )

    @property
    def epoch_size(self) -> int:
        """Rows an epoch, of all shards together."""
        if self.background is not None:
            return self.size - int(self.background.sum()) + self._drawn_background()
        if self.groups is None or not self.size:
            return self.size
        counts = self._class_counts()
        return len(counts) * int(counts.max() if self.oversample else counts.min())

    @property
    def steps(self) -> int:
        """Batches an epoch; the same for every shard."""
        if self.drop_remainder:
            return self.epoch_size // self.batch_size
        return math.ceil(self.epoch_size / self.batch_size)

    def permutation(self, epoch: int) -> Rows:
        """Rows of an epoch in their order, of all shards together; not to be changed.

        Args:
            epoch: From 0.
        """
        found = self._permutations.get(epoch)
        if found is None:
            found = self._permute(epoch)
            self._permutations[epoch] = found
            for old in sorted(self._permutations)[:-_EPOCHS_KEPT]:
                self._permutations.pop(old, None)
        return found

    def rows(self, epoch: int, step: int) -> Rows:
        """Rows of this shard's part of one batch."""
        order = self.permutation(epoch)
        part = self.part(step)
        first = step * self.batch_size
        return order[first + part.start : first + part.stop]

    def part(self, step: int) -> slice:
        """Where this shard's rows lie within a global batch.

        A global batch of m rows is cut into `count` runs of neighboring rows in the
        order of the shards. Each has m // count rows; the first m % count shards,
        which only the last batch can need, have one more.
        """
        index, count = self.shard
        rows, more = divmod(self.batch_rows(step), count)
        first = index * rows + min(index, more)
        return slice(first, first + rows + (index < more))

    def batch_rows(self, step: int) -> int:
        """Rows of a global batch."""
        if not 0 <= step < self.steps:
            raise IndexError(
                f"Expected a batch from 0 to {self.steps - 1}. Received: {step}"
            )
        return min(self.batch_size, self.epoch_size - step * self.batch_size)

    def random(self, epoch: int, step: int) -> np.random.Generator:
        """Random numbers of one global batch; the same in every shard."""
        return np.random.default_rng([_AUGMENTATION, self.seed, epoch, step])

    def _permute(self, epoch: int) -> Rows:
        rows = self._rows_with_background(epoch)
        if not self.shuffle:
            return rows
        random = np.random.default_rng([_ORDER, self.seed, epoch])
        if self.groups is not None:
            return self._balanced(self.groups, random)
        return rows[random.permutation(len(rows))]

    def _rows_with_background(self, epoch: int) -> Rows:
        if self.background is None:
            return np.arange(self.size)
        drawn = epoch if self.shuffle else 0
        random = np.random.default_rng([_BACKGROUND, self.seed, drawn])
        chosen = ~self.background
        every = np.flatnonzero(self.background)
        chosen[random.permutation(every)[: self._drawn_background()]] = True
        return np.flatnonzero(chosen)

    def _drawn_background(self) -> int:
        background = 0 if self.background is None else int(self.background.sum())
        wanted = round(self.background_ratio * (self.size - background))
        return min(wanted, background)

    def _balanced(
        self, groups: npt.NDArray[np.integer[Any]], random: np.random.Generator
    ) -> Rows:
        """Classes take turns, in a new order each turn; rows of each are shuffled."""
        counts = self._class_counts()
        turns = int(counts.max() if self.oversample else counts.min())
        drawn = np.empty((turns, len(counts)), np.int64)
        by_class = np.split(np.argsort(groups, kind="stable"), counts.cumsum()[:-1])
        for number, rows in enumerate(by_class):
            repeats = math.ceil(turns / len(rows))
            shuffled = [random.permutation(rows) for _ in range(repeats)]
            drawn[:, number] = np.concatenate(shuffled)[:turns]
        random.permuted(drawn, axis=1, out=drawn)
        return drawn.reshape(-1)

    def _class_counts(self) -> npt.NDArray[np.int64]:
        counts = np.bincount(np.asarray(self.groups))
        if not counts.all():
            raise InputError(
                "Expected a row of every class. Received: classes "
                f"{np.flatnonzero(counts == 0).tolist()} with none"
            )
        return counts
