"""What all layers share: Keras's own arguments, and a config of the others."""

from __future__ import annotations

from typing import Any, TypedDict

import keras

from zoo.keras_objects import arguments


class LayerOptions(TypedDict, total=False):
    """What every layer of Keras takes."""

    name: str | None
    trainable: bool
    dtype: Any


class ConfiguredLayer(keras.layers.Layer):
    """A layer that keeps each argument as an attribute of its name."""

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        return keras.layers.Layer.get_config(self) | arguments(self)
