"""Functions of a backend's tensors, compiled as functions of arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

#: Of arrays, each with the batch first; lists may hold lists.
Pass = Callable[[Sequence[Any]], list[Any]]


def _array(tensor: Any) -> Any:
    return np.asarray(ops.convert_to_numpy(tensor))


def compiled_pass(
    run: Callable[[Sequence[Any]], list[Any]], any_length: bool = False
) -> Pass:
    """A function of tensors as one of arrays, compiled where the backend can.

    Args:
        run: From tensors to tensors, or lists of them.
        any_length: Whether the second axis changes from call to call, too.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _tensorflow(run, 2 if any_length else 1)
    if backend == "jax":
        import jax

        run = jax.jit(run)

    def compute(arrays: Sequence[Any]) -> list[Any]:
        tensors = [ops.convert_to_tensor(array) for array in arrays]
        return keras.tree.map_structure(_array, run(tensors))

    if backend != "torch":
        return compute
    import torch

    def without_gradients(arrays: Sequence[Any]) -> list[Any]:
        with torch.inference_mode():
            return compute(arrays)

    return without_gradients


def _tensorflow(run: Callable[[Sequence[Any]], list[Any]], free: int) -> Pass:
    import tensorflow as tf

    graph: Any = None
    # TensorFlow counts traces by code object, and warns of one that many models share;
    # each partial object counts for itself.
    run = functools.partial(run)

    def compute(arrays: Sequence[Any]) -> list[Any]:
        nonlocal graph
        if graph is None:
            # One graph for all numbers of rows.
            unknown = (None,) * free
            specs = [
                tf.TensorSpec((*unknown, *x.shape[free:]), x.dtype) for x in arrays
            ]
            graph = tf.function(run, input_signature=[specs], autograph=False)
        found = graph([tf.constant(x) for x in arrays])
        return keras.tree.map_structure(_array, found)

    return compute
