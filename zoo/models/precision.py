"""Keras's dtype policy for a while, and float32 whatever policy and device.

What is written down for others (golden predictions, metrics, measured symmetry) is
float32: half precision differs between processors by more than any useful tolerance.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import InputError, said
from zoo.models.keras_settings import HALF

if TYPE_CHECKING:
    import keras


@contextlib.contextmanager
def dtype_policy(name: str = "float32") -> Iterator[None]:
    """Keras's global policy within; the one before comes back behind it."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextlib.contextmanager
def float32_products() -> Iterator[None]:
    """Products of float32 are float32 within, on GPUs as well.

    GPUs round their factors to TensorFloat-32, of 10 bits, unless they are told not to:
    more than golden predictions and conversions allow for.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        with jax.default_matmul_precision("highest"):
            yield
        return
    switches: list[tuple[Any, Any]] = []  # how each is set, and what it was
    if backend == "tensorflow":
        import tensorflow as tf

        config = tf.config.experimental
        before = config.tensor_float_32_execution_enabled()
        switches = [(config.enable_tensor_float_32_execution, before)]
    elif backend == "torch":
        import torch

        for part in (torch.backends.cuda.matmul, torch.backends.cudnn):
            switch = functools.partial(setattr, part, "allow_tf32")
            switches.append((switch, part.allow_tf32))
    try:
        for switch, _ in switches:
            switch(False)
        yield
    finally:
        for switch, before in switches:
            switch(before)


def in_float32(model: keras.Model) -> keras.Model:
    """The model as it computes in float32, whatever policy it was built under.

    Args:
        model: Functional or Sequential.

    Returns:
        The model itself if no layer computes or keeps weights in half precision.
        Else one of its own with the same layers and names and the same weights:
        those of a mixed policy are float32 already, those of a pure half precision
        are what it rounded them to.

    Raises:
        InputError: A layer cannot be made again from its configuration.
    """
    import keras

    if not any(
        dtype in HALF
        for layer in model._flatten_layers()
        for dtype in (layer.compute_dtype, layer.variable_dtype)
    ):
        return model
    try:
        with dtype_policy():
            twin = keras.models.clone_model(
                model,
                clone_function=lambda layer: type(layer).from_config(
                    _without_half(layer.get_config())
                ),
                recursive=True,
            )
    # Whatever a stranger's layer makes of its own configuration.
    except Exception as error:
        raise InputError(
            "Expected layers that can be made again from their configuration, as the "
            "model computes in half precision and what is written is float32. Build "
            "the model under the policy float32, give it the weights (set_weights), "
            f"and go on with that. It said: {said(error, 300)}"
        ) from error
    twin.set_weights(
        [
            np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(value, "float32")))
            for value in model.weights
        ]
    )
    return twin


def _without_half(value: Any) -> Any:
    """A layer's configuration, and those inside it, with float32 for half policies."""
    if isinstance(value, dict):
        if value.get("class_name") == "DTypePolicy":
            return "float32" if value["config"]["name"].endswith(HALF) else value
        return {key: _without_half(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_without_half, value))
    return value
