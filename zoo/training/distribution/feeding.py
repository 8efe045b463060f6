"""Which rows each worker and replica sees: together, those of the global batch."""

from __future__ import annotations

from typing import Any

from zoo.errors import InputError


def split(dataset: Any, parts: int, taken: range) -> Any:
    """Some parts of each batch, as batches of their own.

    As `numpy.array_split` does: the first parts have one row more where the number of
    rows leaves a rest. Every row is in one part, and a part may be empty.

    Args:
        dataset: A `tf.data.Dataset` of global batches.
        parts: Into how many each batch is divided.
        taken: Which of them, in order.

    Returns:
        A `tf.data.Dataset` with `len(taken)` elements per batch.
    """
    import keras
    import tensorflow as tf

    def part(batch: Any, index: Any) -> Any:
        def rows(values: Any) -> Any:
            count = tf.shape(values, out_type=tf.int64)[0]
            size, more = count // parts, count % parts
            first = index * size + tf.minimum(index, more)
            return values[first : first + size + tf.cast(index < more, tf.int64)]

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


def replica_batches(
    data: Any, strategy: Any, *, worker: int, workers: int, sharded: bool
) -> Any:
    """What one of several workers gives to `model.fit`.

    Args:
        data: A `tf.data.Dataset`; others are refused.
        strategy: Of `tf.distribute`.
        worker: Number of this one.
        workers: How many there are, with equally many replicas each.
        sharded: Whether `data` has this worker's part of each global batch; otherwise
            it has the whole of it, and so many parts are left out.

    Returns:
        A dataset that gives each replica its part of each global batch. With one
        worker Keras divides them alike, if they end or all have one size.

    Raises:
        InputError: The data is of another kind.
    """
    import tensorflow as tf

    if not isinstance(data, tf.data.Dataset):
        raise InputError(
            "Expected a SequenceDataset (examples.batches) or a tf.data.Dataset of "
            f"batches. Received: {type(data).__name__}"
        )
    endless = data.cardinality() == tf.data.INFINITE_CARDINALITY
    rows = tf.nest.flatten(data.element_spec)[0].shape[0]
    if workers == 1 and (not endless or rows is not None):
        return data
    replicas = strategy.num_replicas_in_sync // workers
    if not sharded:
        first = worker * replicas
        data = split(data, replicas * workers, range(first, first + replicas))
    elif replicas > 1:
        data = split(data, replicas, range(replicas))
    if endless:
        # TensorFlow then need not ask all replicas at each step who has rows left.
        infinite = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
        data = data.apply(infinite)
    options = tf.data.Options()
    policy = tf.data.experimental.AutoShardPolicy
    options.experimental_distribute.auto_shard_policy = policy.OFF
    data = data.prefetch(tf.data.AUTOTUNE).with_options(options)
    return strategy.distribute_datasets_from_function(lambda _: data)
