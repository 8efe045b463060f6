"""The batches of a `SequenceDataset` as a `tf.data.Dataset`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET
from zoo.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf

    from zoo.data.batches import SequenceDataset

# Bytes of codes that cross from Python to TensorFlow in one call: a call costs about
# as much as copying so many.
_CHUNK_BYTES = 2**20


def as_tensorflow(
    dataset: SequenceDataset, epochs: int | None = 1, prefetch: int | None = None
) -> tf.data.Dataset:
    """The batches of a `SequenceDataset`, the same and in the same order.

    Each iteration begins where the dataset stood when this was called. Several batches
    at a time come from Python as uint8 codes; one-hot, if that is the dataset's
    encoding, is made in the graph, last. `element_spec` has the length of sequences,
    and the batch too if all are of one size. The number of batches is known to
    TensorFlow. `tf.distribute` leaves the data whole (`AutoShardPolicy.OFF`): use
    `shard=` where each worker reads for itself.

    Args:
        dataset: Where the batches come from.
        epochs: So many, the one that the dataset stands in being the first; None for
            no end.
        prefetch: Batches made ahead; None for as many as TensorFlow finds useful.

    Raises:
        InputError: TensorFlow is missing, or less than one epoch is asked for.
    """
    try:
        import tensorflow as tf
    except ImportError:
        raise InputError(
            "Expected TensorFlow, which makes tf.data.Datasets. Install it "
            "(pip install 'seqzoo[cpu]'), or give the SequenceDataset itself to "
            "model.fit."
        ) from None
    if epochs is not None and epochs < 1:
        raise InputError(f"Expected epochs of at least 1, or None. Received: {epochs}")
    begin = dataset.state()
    plan = _Plan(dataset, begin["epoch"], begin["step"], epochs)
    parts = dataset.coded_batch(begin["epoch"], begin["step"])
    chunks = tf.data.Dataset.from_generator(
        lambda: plan.chunks(),
        output_signature=tuple(
            tf.TensorSpec((None, None, *part.shape[1:]), part.dtype) for part in parts
        ),
    )
    batches = chunks.unbatch()
    rows = plan.rows_of_every_batch()
    one_hot = dataset.encoding == "one_hot"

    def finish(*batch: Any) -> Any:
        x, *rest = (
            tf.ensure_shape(tensor, (rows, *part.shape[1:]))
            for tensor, part in zip(batch, parts, strict=True)
        )
        x = tf.one_hot(x, len(ALPHABET), dtype=tf.float32) if one_hot else x
        return (x, *rest)

    batches = batches.map(finish, num_parallel_calls=1, deterministic=True)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    options.deterministic = True
    count = tf.data.experimental.INFINITE_CARDINALITY
    batches = batches.apply(
        tf.data.experimental.assert_cardinality(
            count if epochs is None else plan.batches(epochs)
        )
    )
    return batches.prefetch(prefetch or tf.data.AUTOTUNE).with_options(options)


class _Plan:
    """Which batches go together from Python to TensorFlow."""

    def __init__(
        self, dataset: SequenceDataset, epoch: int, step: int, epochs: int | None
    ) -> None:
        # A stream of its own: what happens to the dataset later does not change it.
        self.dataset = dataset.at(epoch, step)
        self.epoch, self.step, self.epochs = epoch, step, epochs
        size = max(1, self._part(0) * dataset.examples.sequence_length)
        self.together = max(1, _CHUNK_BYTES // size)

    def batches(self, epochs: int) -> int:
        """Batches of so many epochs."""
        return epochs * self.dataset.steps_per_epoch - self.step

    def rows_of_every_batch(self) -> int | None:
        """Their number if it is always the same."""
        last = self._part(self.dataset.steps_per_epoch - 1)
        return last if last == self._part(0) else None

    def chunks(self) -> Iterator[tuple[npt.NDArray[Any], ...]]:
        """Arrays `(batches, batch, ...)`, of batches of one size and epoch."""
        steps = self.dataset.steps_per_epoch
        epochs = itertools.count() if self.epochs is None else range(self.epochs)
        for number in epochs:
            step = 0 if number else self.step
            while step < steps:
                stop = min(step + self.together, steps)
                if stop == steps and step < steps - 1:
                    stop = self._last_alone(stop)
                yield self._stacked(self.epoch + number, step, stop)
                step = stop

    def _last_alone(self, stop: int) -> int:
        return stop if self.rows_of_every_batch() is not None else stop - 1

    def _stacked(self, epoch: int, first: int, stop: int) -> Any:
        batches = [self.dataset.coded_batch(epoch, step) for step in range(first, stop)]
        return tuple(np.stack(parts) for parts in zip(*batches, strict=True))

    def _part(self, step: int) -> int:
        part = self.dataset.order.part(step)
        return part.stop - part.start
