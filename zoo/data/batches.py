"""Examples in batches for `model.fit` on every Keras backend."""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from zoo.data.classes import classes_of
from zoo.data.head_targets import HeadTargets, TargetsByHead
from zoo.data.keras_steps import steps_of_keras
from zoo.data.order import BatchOrder
from zoo.data.row_augmentation import Pairing, RowAugmentation
from zoo.data.rows import Table, background_of
from zoo.dna import one_hot
from zoo.errors import InputError, check_choice

if TYPE_CHECKING:
    import tensorflow as tf

ENCODINGS = ("one_hot", "codes")
_LOOKED_AT = 2
BALANCES = (None, "oversample", "undersample")
# Arrays, or dicts of them by the names of the model's inputs or outputs.
Batch = tuple[Any, ...]


class SequenceDataset(keras.utils.PyDataset):
    """Examples in batches: for `model.fit`, a loop of your own, or `tf.data`.

    A batch is `(x,)` without targets, `(x, y)`, or `(x, y, sample_weight)`: x float32
    `(batch, length, 4)`, one-hot in the order A C G T with zeros for N, or with
    `encoding="codes"` uint8 `(batch, length)` (see `zoo.takes_codes`); y and the
    weights as in the examples. NaN in the targets is left in place, for a loss that
    ignores it (`zoo.losses`). Of examples with `inputs`, x is a dict of these and of
    the sequences, by the names of the model's inputs; with `heads`, y is a dict by the
    names of its outputs.

    The stream of batches is a pure function of the arguments: which rows make up batch
    s of epoch e follows from (seed, e), and how they are augmented from (seed, e, s).
    `state()` says where the stream stands, and `resume(state)` goes on from there, bit
    for bit as if it had never stopped.

    With `model.fit` the dataset alone decides the order. Keras draws an order of the
    batches by itself (`shuffle=True` of `fit`, its default, from the global `random`);
    within an epoch that Keras runs, batches are handed out in the stream's order
    whatever index it asks for. An epoch of Keras is an epoch of the dataset, even one
    that was broken off. For `steps_per_epoch` use `repeat()`: without it, an epoch
    that Keras ends early would leave out the rest of its batches, which is refused.
    `workers` of Keras are not used: making a batch takes less time than handing it to
    a thread, and no process is left behind.

    Sharding: `batch_size` is that of the global batch, of all workers together. Of
    each global batch, worker `index` of `count` gets one run of neighboring rows,
    `batch_size / count` of them; a last batch of m rows is cut as
    `numpy.array_split` cuts it: m // count rows each, and one more for the first m %
    count workers. So N workers together see exactly the rows, the order and the
    augmentation that one worker sees with the global batch, and all have equally many
    batches.

    Args:
        examples: What is fed; `zoo.data.from_*` make them.
        batch_size: Sequences per global batch; the last batch may be smaller.
        shuffle: Whether each epoch has its own order.
        encoding: "one_hot" or "codes".
        reverse_complement: Whether each sequence is reverse complemented with
            probability 0.5, the bins of a profile and inputs with a value per base
            being reversed with it. For targets that are the same on both strands, or
            whose partners `pairing` says.
        max_shift: Each window is moved by up to this many bp to either side, with its
            profile and its inputs with a value per base, as far as the examples were
            read (`from_intervals(max_shift=)`). Of others only sequences are moved and
            such inputs; N comes in at the end, and 0. Not with a profile then.
        seed: Of the order and of the augmentation.
        drop_remainder: Whether a last batch of fewer rows is left out.
        shard: (index, count), see above.
        balance: "oversample" or "undersample": each batch has as many examples of one
            class as of any other, give or take one; per epoch, each class has as many
            as the largest, or as the smallest, drawn anew each epoch. Classes are
            those of `classes_of(examples.targets)`.
        background_ratio: Of the rows with True in the column "background", so many for
            each other row are in an epoch, drawn anew if it is shuffled; else the same
            ones in each. See `zoo.data.with_background`. None for all rows.
        sequence: Name of the model's input that is the sequence, where it has others.
        heads: What each output of a model with several learns, by its name: a
            `zoo.data.HeadTargets`, or "values", "total" or "log_total". Examples then
            have one weight each.
        pairing: With reverse_complement, the number of each output's partner on the
            other strand, such as (1, 0) for the reads of two strands; or by name, of
            inputs as well: `{"targets": (1, 0), "control": (1, 0)}`.

    Raises:
        InputError: Arguments that do not fit each other or the examples.
    """

    _epoch: int
    _first: int  # batch of that epoch that `self[0]` is
    _done: int  # batches handed out in a loop of the user's own
    _partial: bool  # whether the stream began within an epoch
    # The place in the stream of each index that Keras asked for in its epoch.
    _served: dict[int, int] | None

    def __init__(
        self,
        examples: Table,
        batch_size: int = 64,
        *,
        shuffle: bool = False,
        encoding: str = "one_hot",
        reverse_complement: bool = False,
        max_shift: int = 0,
        seed: int = 0,
        drop_remainder: bool = False,
        shard: tuple[int, int] = (0, 1),
        balance: str | None = None,
        background_ratio: float | None = None,
        sequence: str = "sequence",
        heads: Mapping[str, HeadTargets | str] | None = None,
        pairing: Pairing = None,
    ) -> None:
        super().__init__()
        check_choice("encoding", encoding, ENCODINGS)
        check_choice("balance", balance, BALANCES)
        if sequence in examples.inputs:
            raise InputError(
                "Expected sequence= to name the input that is the sequence, besides "
                f"{', '.join(examples.inputs)}. Received: {sequence!r}"
            )
        self.examples = examples
        self.encoding = encoding
        self.sequence = sequence
        self.heads = None if heads is None else TargetsByHead(heads, examples)
        self.augmentation = RowAugmentation(
            examples,
            reverse_complement=reverse_complement,
            max_shift=max_shift,
            pairing=pairing,
        )
        self.order = BatchOrder(
            len(examples),
            batch_size,
            shuffle=shuffle,
            seed=seed,
            drop_remainder=drop_remainder,
            shard=shard,
            groups=None if balance is None else classes_of(examples.targets),
            oversample=balance == "oversample",
            background=None if background_ratio is None else background_of(examples),
            background_ratio=background_ratio or 0.0,
        )
        self.repeated = False
        self._start(0)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of a whole epoch."""
        return self.order.steps

    def __len__(self) -> int:
        """Batches of the epoch that the stream stands in, from where it began."""
        return self.order.steps - self._first

    @property
    def num_batches(self) -> int | None:
        """For Keras: `len`, or None if the stream is repeated without end."""
        return None if self.repeated else len(self)

    def batch(self, epoch: int, step: int) -> Batch:
        """Batch `step` of an epoch, both from 0, wherever the stream stands.

        Returns:
            `(x,)`, `(x, y)` or `(x, y, sample_weight)`, arrays of the caller's own.
        """
        coded = self.coded(epoch, step, step + 1)
        x, *rest = keras.tree.map_structure(lambda part: part[0], coded)
        if self.encoding == "one_hot" and isinstance(x, dict):
            x[self.sequence] = one_hot(x[self.sequence])
        elif self.encoding == "one_hot":
            x = one_hot(x)
        return (x, *rest)

    def coded(self, epoch: int, first: int, stop: int) -> Batch:
        """Batches `first` to `stop` of one size at once, with x as codes in any case.

        Returns:
            As `batch`, with an axis `stop - first` in front.
        """
        steps = range(first, stop)
        rows = np.concatenate([self.order.rows(epoch, step) for step in steps])
        codes, inputs, y = self.augmentation.rows(rows, self.order, epoch, steps)
        weights = self.examples.sample_weight
        parts: list[Any] = [{self.sequence: codes, **inputs} if inputs else codes]
        if y is not None:
            parts.append(y if self.heads is None else self.heads.of(y))
            if weights is not None:
                parts.append(weights.take(rows, axis=0))
        count, size = len(steps), len(rows) // len(steps)
        batches: Batch = keras.tree.map_structure(
            lambda part: part.reshape(count, size, *part.shape[1:]), tuple(parts)
        )
        return batches

    def __getitem__(self, index: int) -> Batch:
        """Batch `index` of the stream, from 0, counted from where it began.

        Within an epoch that Keras runs: the next one, see the class.
        """
        if self.repeated:
            epochs, step = divmod(self._first + index, self.order.steps)
            return self.batch(self._epoch + epochs, step)
        if not 0 <= index < len(self):
            raise IndexError(
                f"Expected a batch from 0 to {len(self) - 1}. Received: {index}"
            )
        if self._served is not None:
            index = self._served.setdefault(index, len(self._served))
        return self.batch(self._epoch, self._first + index)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of one epoch, and next time of the next; or without end."""
        self._done = 0
        while True:
            for step in range(self._first, self.order.steps):
                batch = self.batch(self._epoch, step)
                self._done += 1
                yield batch
            self._epoch, self._first, self._done = self._epoch + 1, 0, 0
            if not self.repeated:
                return

    def on_epoch_begin(self) -> None:
        """Called by Keras.

        Raises:
            InputError: A second epoch after the rest of one: Keras would cut it to
                the length of that rest. Or `steps_per_epoch` of fewer batches: some
                would never be seen.

        Warns:
            UserWarning: `validation_steps`, or `steps` of `evaluate` or `predict`,
                of fewer batches.
        """
        steps, method = steps_of_keras()
        if steps is not None and not self.repeated and steps < len(self):
            of = f"{steps} of the {len(self)} batches of an epoch"
            if method == "fit":
                raise InputError(
                    "Expected no steps_per_epoch, or that of a stream without end: "
                    f"fit(batches.repeat(), steps_per_epoch={steps}, shuffle=False). "
                    f"Received: {of}; the others would never be trained on."
                )
            warnings.warn(
                f"model.{method} uses {of} only, as steps (validation_steps in fit) "
                "says. Leave it out for all of them.",
                stacklevel=2,
            )
        if self._partial and not self._first:
            raise InputError(
                "The rest of an epoch needs a fit of its own, as Keras asks only once "
                "for the number of batches. Go on with a second call: "
                f"fit(dataset.at({self._epoch}), initial_epoch={self._epoch}, ...)"
            )
        self._served = {}

    def on_epoch_end(self) -> None:
        """Called by Keras; the next epoch comes next."""
        # At the start of `fit` Keras calls it as well, after no batch, or after the
        # one or two that it looks at to build a model.
        looked = min(_LOOKED_AT, len(self) - 1)
        if self._served is not None and len(self._served) > looked:
            self._epoch, self._first, self._done = self._epoch + 1, 0, 0
        self._served = None

    def state(self) -> dict[str, int]:
        """Where the stream stands, for `resume`: two numbers that JSON can write.

        Exact in a loop of your own (`for batch in dataset`), and in `model.fit`
        between two epochs. In the middle of an epoch of `model.fit`, batches have been
        made that the model has not seen yet: there it is where that epoch began, and
        the epoch and the step are the trainer's to count.
        """
        step = self._first + self._done
        if step >= self.order.steps:
            return {"epoch": self._epoch + 1, "step": 0}
        return {"epoch": self._epoch, "step": step}

    def resume(self, state: Mapping[str, int]) -> SequenceDataset:
        """The rest of the stream after `state()`; see `at`."""
        if set(state) != {"epoch", "step"}:
            raise InputError(
                "Expected a state of SequenceDataset.state(), with epoch and step. "
                f"Received: {dict(state)}"
            )
        return self.at(state["epoch"], state["step"])

    def at(self, epoch: int, step: int = 0) -> SequenceDataset:
        """The same stream, from a batch on.

        Args:
            epoch: From 0.
            step: First batch of that epoch; `steps_per_epoch` is the next epoch.

        Returns:
            A data set of its own that shares the examples. Its first epoch has the
            batches that are left, which `len` counts. Keras asks only once for the
            number of batches: give the rest of an epoch a `fit` of its own
            (`fit(dataset.at(2, 100), initial_epoch=2, epochs=3)`), or use `repeat()`.
        """
        if step == self.order.steps:
            epoch, step = epoch + 1, 0
        other = copy.copy(self)
        other._start(epoch, step)
        return other

    def repeat(self) -> SequenceDataset:
        """The same stream from where it stands, without end: epoch after epoch.

        Give `steps_per_epoch` to `model.fit`, and `shuffle=False`, which Keras warns
        about otherwise. An epoch of Keras may then have any number of batches.
        """
        other = self.resume(self.state())
        other.repeated = True
        return other

    def sharded(self, index: int, count: int) -> SequenceDataset:
        """The part of one of `count` workers, see the class."""
        other = copy.copy(self)
        other.order = dataclasses.replace(self.order, shard=(index, count))
        other._start(self._epoch, self._first)
        return other

    def tensorflow(
        self, epochs: int | None = 1, *, prefetch: int = 2
    ) -> tf.data.Dataset:
        """The same batches in the same order as a `tf.data.Dataset`.

        It starts where the stream stands. `tf.distribute` leaves the data whole: use
        `shard=` where each worker reads for itself.

        Args:
            epochs: How many, the one that the stream stands in being the first; None
                for no end.
            prefetch: Batches of one-hot made ahead; of codes, chunks of up to 1 MB.

        Raises:
            InputError: TensorFlow is missing, or fewer than one epoch is asked for.
        """
        from zoo.data.batches_tensorflow import as_tensorflow

        return as_tensorflow(self, epochs, prefetch)

    def _start(self, epoch: int, step: int = 0) -> None:
        if epoch < 0 or not 0 <= step < self.order.steps:
            raise InputError(
                "Expected an epoch of at least 0 and a step from 0 to "
                f"{self.order.steps - 1}. Received: epoch={epoch}, step={step}. Has "
                "the data or the batch_size changed?"
            )
        self._epoch, self._first, self._done = epoch, step, 0
        self._partial = step > 0
        self._served = None
