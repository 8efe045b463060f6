"""Batch normalization on several replicas: of the whole batch, or each its own."""

from __future__ import annotations

from typing import Any

import keras


def set_statistics(model: keras.Model, *, synchronized: bool) -> bool:
    """Says how the batch normalizations of a model in a strategy's scope see a batch.

    Args:
        model: Changed in place; compile it afterwards.
        synchronized: True for mean and variance of the whole batch, as on one device.
            False for those of each replica's rows, which costs less communication and
            is another model the more replicas there are. The moving averages, which
            inference uses, are then means over replicas: Keras lets them drift apart
            and keeps the first replica's.

    Returns:
        Whether a training step needs rows on every replica: statistics of none are
        NaN.
    """
    local = False
    for layer in _with_statistics(model):
        layer.synchronized = synchronized
        if synchronized:
            continue
        local = True
        for variable in layer.non_trainable_variables:
            variable.value._aggregation = _mean()
    return local


def _with_statistics(model: keras.Model) -> list[Any]:
    return [
        layer
        for layer in model._flatten_layers(include_self=False, recursive=True)
        if hasattr(layer, "synchronized")
    ]


def _mean() -> Any:
    import tensorflow as tf

    return tf.VariableAggregation.MEAN


def need_rows(model: keras.Model) -> None:
    """Makes the training steps of a model refuse a replica without rows."""
    if not getattr(model, "_seqzoo_rows", False):
        model.train_step = _RowsOnEveryReplica(model.train_step)
        model._seqzoo_rows = True


class _RowsOnEveryReplica:
    """A training step that refuses a replica without rows."""

    def __init__(self, step: Any) -> None:
        self.step = step

    def __call__(self, data: Any) -> Any:
        """The step, after the check.

        Raises:
            tf.errors.InvalidArgumentError: This replica has no rows.
        """
        import tensorflow as tf

        rows = tf.shape(keras.tree.flatten(data)[0])[0]
        check = tf.debugging.assert_positive(
            rows,
            "A batch has fewer rows than there are replicas, and batch normalization "
            "has no statistics of none. Drop the last batch, choose another "
            "batch_size, or synchronize batch normalization.",
        )
        with tf.control_dependencies([check]):
            data = keras.tree.map_structure(tf.identity, data)
        return self.step(data)
