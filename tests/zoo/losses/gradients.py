"""The gradient of a loss with respect to the logits, on any backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np


def gradient(function: Callable[[Any], Any], z: np.ndarray) -> np.ndarray:
    """d function(z) / dz, in the dtype of z."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tensor = tf.constant(z)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = function(tensor)
        return tf.convert_to_tensor(tape.gradient(value, tensor)).numpy()
    if backend == "jax":
        import jax

        return np.asarray(jax.grad(function)(jax.numpy.asarray(z)))
    import torch

    tensor = torch.tensor(z, requires_grad=True)
    (found,) = torch.autograd.grad(function(tensor), tensor)
    return found.numpy()
