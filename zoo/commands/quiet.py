"""Keras without the start-up messages of its backend."""

from __future__ import annotations

import os
import sys

from zoo.models.creation import require_backend
from zoo.models.keras_settings import set_for_sequences


def quiet_import() -> None:
    """Imports Keras with the backend's start-up messages held back.

    TensorFlow writes some before its log level can be set, from C++, to the file
    descriptor of standard error. Errors are exceptions, and not lost by this. Channels
    are last in this process, whatever keras.json says.

    Raises:
        BackendError: Keras has no backend.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        require_backend()
        set_for_sequences()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
