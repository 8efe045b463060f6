"""Keras's dtype policy for a while, and models of other policies in float32.

What is written down for others (golden predictions, metrics, measured symmetry) is
float32: half precision differs between processors by more than any useful tolerance.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import InputError, said
from zoo.keras_settings import HALF

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
            f"model computes in half precision and what is written is float32: "
            f"{said(error, 300)}. Build the model under the policy float32, give it "
            "the weights (set_weights), and go on with that."
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
