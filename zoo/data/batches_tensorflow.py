"""The batches of a `SequenceDataset` as a `tf.data.Dataset`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from zoo.data.order import BatchOrder
from zoo.data.rows import Table
from zoo.dna import ALPHABET
from zoo.errors import check_at_least, optional

if TYPE_CHECKING:
    import tensorflow as tf


# Bytes of codes that cross from Python to TensorFlow in one call, which costs about
# as much as copying so many.
_CHUNK_BYTES = 2**20


class Stream(Protocol):
    """What is read of a `zoo.data.SequenceDataset`."""

    examples: Table
    order: BatchOrder
    encoding: str
    sequence: str

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch."""

    def state(self) -> dict[str, int]:
        """Where the stream stands."""

    def resume(self, state: Mapping[str, int]) -> Self:
        """The same stream, standing there."""

    def coded(self, epoch: int, first: int, stop: int) -> tuple[Any, ...]:
        """Batches `first` to `stop` of an epoch, as codes."""


def as_tensorflow(
    dataset: Stream, epochs: int | None = 1, prefetch: int = 2
) -> tf.data.Dataset:
    """See `SequenceDataset.tensorflow`.

    Several batches at a time come from Python as uint8 codes; one-hot, if that is the
    dataset's encoding, is made in the graph, last. `element_spec` has the length of
    sequences, and the size of the batches if all have one. The number of batches is
    known to TensorFlow.
    """
    instead = ", or give the SequenceDataset itself to model.fit"
    tf = optional("tensorflow", "cpu", "A tf.data.Dataset", instead)
    check_at_least(1, epochs=epochs)
    plan = Chunks(dataset)
    # A first batch of its own says which parts there are, their types and shapes.
    first = tf.nest.map_structure(lambda part: part[0], plan.chunk(0))
    parts = tf.nest.flatten(first)
    rows = plan.rows_of_every_batch
    shapes = [(rows, *part.shape[1:]) for part in parts]

    def flat(number: Any) -> tuple[npt.NDArray[Any], ...]:
        return tuple(tf.nest.flatten(plan.chunk(number)))

    def read(number: Any) -> Any:
        chunk = tf.numpy_function(
            flat, [number], [part.dtype for part in parts], stateful=False
        )
        shaped = [
            tf.ensure_shape(part, (None, *shape))
            for part, shape in zip(chunk, shapes, strict=True)
        ]
        return tf.nest.pack_sequence_as(first, shaped)

    def encode(x: Any, *rest: Any) -> Any:
        codes = x[dataset.sequence] if isinstance(x, dict) else x
        one_hot = tf.one_hot(codes, len(ALPHABET), dtype=tf.float32)
        return (
            {**x, dataset.sequence: one_hot} if isinstance(x, dict) else one_hot
        ), *rest

    one_hot = dataset.encoding == "one_hot"
    last = np.iinfo(np.int64).max if epochs is None else plan.count(epochs)
    batches = tf.data.Dataset.range(last).map(read)
    # In chunks, a thread is woken once for many batches; cutting them is a copy.
    batches = batches.prefetch(1 if one_hot else prefetch).unbatch()
    if one_hot:
        batches = batches.map(encode).prefetch(prefetch)
    cardinality = (
        tf.data.INFINITE_CARDINALITY if epochs is None else plan.batches(epochs)
    )
    batches = batches.apply(tf.data.experimental.assert_cardinality(cardinality))
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    options.deterministic = True
    return batches.with_options(options)


class Chunks:
    """Which batches go together from Python to TensorFlow.

    The batches of a chunk are of one epoch and of one size. Chunk 0 begins where the
    dataset stood.
    """

    def __init__(self, dataset: Stream) -> None:
        # A stream of its own: what happens to the dataset later does not change it.
        self.dataset = dataset.resume(dataset.state())
        state = self.dataset.state()
        self.epoch, self.step = state["epoch"], state["step"]
        self.steps = dataset.steps_per_epoch
        size = max(1, self._rows(0) * dataset.examples.sequence_length)
        self._first = self._bounds(self.step, max(1, _CHUNK_BYTES // size))
        self._later = self._bounds(0, max(1, _CHUNK_BYTES // size))

    @property
    def rows_of_every_batch(self) -> int | None:
        """Their number if it is always the same."""
        last = self._rows(self.steps - 1)
        return last if last == self._rows(0) else None

    def count(self, epochs: int) -> int:
        """Chunks of so many epochs."""
        return len(self._first) - 1 + (epochs - 1) * (len(self._later) - 1)

    def batches(self, epochs: int) -> int:
        """Batches of so many epochs."""
        return epochs * self.steps - self.step

    def chunk(self, number: int) -> tuple[Any, ...]:
        """Arrays `(batches, batch, ...)`."""
        epochs, place, bounds = 0, int(number), self._first
        if place >= len(bounds) - 1:
            epochs, place = divmod(place - (len(bounds) - 1), len(self._later) - 1)
            epochs, bounds = epochs + 1, self._later
        return self.dataset.coded(self.epoch + epochs, bounds[place], bounds[place + 1])

    def _bounds(self, step: int, together: int) -> list[int]:
        bounds = [*range(step, self.steps, together), self.steps]
        if self.rows_of_every_batch is None and bounds[-2] < self.steps - 1:
            bounds.insert(-1, self.steps - 1)  # the last batch is alone
        return bounds

    def _rows(self, step: int) -> int:
        part = self.dataset.order.part(step)
        return part.stop - part.start
