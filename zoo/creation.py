"""Name -> a new, untrained model."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import registry
from zoo.errors import BackendError

if TYPE_CHECKING:
    import keras


def require_backend() -> None:
    """Imports Keras, or says in one sentence what to install.

    Raises:
        BackendError: Keras cannot import its backend.
    """
    try:
        importlib.import_module("keras")
    except ImportError as error:
        raise BackendError(
            f"Keras found no backend to run on ({error}): install one with "
            "pip install 'seqzoo[cpu]' (TensorFlow) or pip install 'seqzoo[gpu]' "
            "(TensorFlow with CUDA), or pip install 'seqzoo[jax]' and set "
            "KERAS_BACKEND=jax, or pip install 'seqzoo[torch]' and set "
            "KERAS_BACKEND=torch."
        ) from error


def create(architecture: str, /, **config: Any) -> keras.Model:
    """Builds a new, untrained model of a named architecture.

    Args:
        architecture: A name of `zoo.list_architectures`, e.g. "rc_dilated", or
            "provider:name" where two packages share it.
        **config: The builder's own arguments, e.g. sequence_length (bp) and
            num_outputs.

    Returns:
        A `keras.Model`: (batch, sequence_length, 4) one-hot ACGT -> logits.

    Raises:
        BackendError: Keras has no backend.
        UnknownNameError: There is no such architecture.
        TypeError, ValueError: The builder refuses an argument.
    """
    require_backend()
    return registry.create(architecture, **config)
