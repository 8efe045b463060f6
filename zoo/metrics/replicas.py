"""State that can be added over the replicas in `tf.distribute`: a slot for each."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def replicas() -> int:
    """How many replicas the strategy in scope has; 1 without one."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def replica() -> Any:
    """The number of the replica that runs this: int32, 0 where none does."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        context = tf.distribute.get_replica_context()
        if context is not None and context.num_replicas_in_sync > 1:
            return ops.cast(context.replica_id_in_sync_group, "int32")
    return ops.zeros((), "int32")


def own_slot(state: Any) -> Any:
    """Of a state (replicas, ...), the slot of the replica that runs this."""
    value = ops.convert_to_tensor(state)
    if value.shape[0] == 1:
        return value[0]
    return ops.take(value, replica(), axis=0)


def set_own_slot(state: Any, value: Any) -> None:
    """Replaces that slot; Keras adds the states of all replicas, and so the slots."""
    if state.shape[0] == 1:
        state.assign(ops.expand_dims(value, 0))
        return
    mine = ops.arange(state.shape[0], dtype="int32") == replica()
    mine = ops.reshape(mine, (-1, *(1 for _ in value.shape)))
    state.assign(ops.where(mine, ops.expand_dims(value, 0), state))
