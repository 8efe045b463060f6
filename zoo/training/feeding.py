"""Which rows each worker and replica sees: together, those of the global batch."""

from __future__ import annotations

from typing import Any

from zoo.errors import InputError


def split(dataset: Any, parts: int, taken: range) -> Any:
    """Some parts of each batch, as batches of their own.

    Part k of n rows has those from k n / parts to (k + 1) n / parts, both rounded up:
    every row is in one part, and a part may be empty.

    Args:
        dataset: A `tf.data.Dataset` of global batches.
        parts: In how many each batch is divided.
        taken: Which of them, in order.

    Returns:
        A `tf.data.Dataset` with `len(taken)` elements a batch.
    """
    import keras
    import tensorflow as tf

    def part(batch: Any, index: Any) -> Any:
        def rows(values: Any) -> Any:
            count = tf.shape(values, out_type=tf.int64)[0]
            first = -(-index * count // parts)
            return values[first : -(-(index + 1) * count // parts)]

        return keras.tree.map_structure(rows, batch)

    def all_taken(*batch: Any) -> Any:
        value = batch if len(batch) > 1 else batch[0]
        numbers = tf.data.Dataset.range(taken.start, taken.stop)
        return numbers.map(lambda index: part(value, index))

    if len(taken) == 1:
        number = tf.constant(taken.start, tf.int64)
        return dataset.map(
            lambda *batch: part(batch if len(batch) > 1 else batch[0], number)
        )
    return dataset.flat_map(all_taken)


def worker_dataset(
    data: Any, strategy: Any, *, worker: int, workers: int, sharded: bool
) -> Any:
    """What one of several workers gives to `model.fit`.

    Args:
        data: A `tf.data.Dataset`.
        strategy: A `tf.distribute.MultiWorkerMirroredStrategy`.
        worker: Number of this one.
        workers: How many there are, with equally many replicas each.
        sharded: Whether `data` has this worker's part of each global batch; otherwise
            it has the whole of it, and so many parts are left out.

    Returns:
        A `tf.distribute.DistributedDataset`, one element a step and replica.
    """
    import tensorflow as tf

    replicas = strategy.num_replicas_in_sync // workers
    if not sharded:
        first = worker * replicas
        data = split(data, replicas * workers, range(first, first + replicas))
    elif replicas > 1:
        data = split(data, replicas, range(replicas))
    options = tf.data.Options()
    policy = tf.data.experimental.AutoShardPolicy
    options.experimental_distribute.auto_shard_policy = policy.OFF
    data = data.prefetch(tf.data.AUTOTUNE).with_options(options)
    return strategy.distribute_datasets_from_function(lambda _: data)


def as_tensorflow(data: Any) -> Any:
    """A `tf.data.Dataset` of batches, from one or from what has `.tensorflow()`.

    Raises:
        InputError: It is neither.
    """
    import tensorflow as tf

    if isinstance(data, tf.data.Dataset):
        return data
    if hasattr(data, "tensorflow"):
        return data.tensorflow()
    raise InputError(
        "Expected a tf.data.Dataset of batches, or a SequenceDataset (examples"
        f".batches). Received: {type(data).__name__}"
    )
