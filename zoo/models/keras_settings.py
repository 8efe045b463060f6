"""Keras's settings while our networks are built, and the devices that it sees."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

DATA_FORMAT = "channels_last"
FLOATX = "float32"
HALF = ("float16", "bfloat16")

# Both settings are those of the process: the first thread to come in changes them, the
# last to go out puts them back.
_lock = threading.Lock()
_inside = 0
_before = (DATA_FORMAT, FLOATX)


@contextlib.contextmanager
def settings_for_sequences() -> Iterator[None]:
    """Channels are last, and what is built is not of half precision by `floatx`.

    A dtype policy (`keras.config.set_dtype_policy`) stays as it is, and so does a
    `floatx` of float64. As a decorator it holds for each call of a builder.

    Warns:
        UserWarning: `floatx` is a half precision.
    """
    import keras

    global _before, _inside
    policy = keras.config.dtype_policy()
    with _lock:
        if _inside == 0:
            _before = (keras.config.image_data_format(), keras.config.floatx())
            set_for_sequences()
        _inside += 1
        floatx = _before[1]
    try:
        if floatx in HALF:
            _warn(floatx)
        # Made of it by Keras, not asked for by anyone.
        replaced = floatx in HALF and policy.name == floatx
        if replaced:
            keras.config.set_dtype_policy(FLOATX)
        try:
            yield
        finally:
            if replaced:
                keras.config.set_dtype_policy(policy)
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                data_format, floatx = _before
                keras.config.set_image_data_format(data_format)
                keras.config.set_floatx(floatx)


def set_for_sequences() -> None:
    """Sets the same for good, for a process that is ours, such as a command's."""
    import keras

    keras.config.set_image_data_format(DATA_FORMAT)
    if keras.config.floatx() in HALF:
        keras.config.set_floatx(FLOATX)


def _warn(floatx: str) -> None:
    warnings.warn(
        f"Keras's floatx is {floatx} (keras.json, or keras.config.set_floatx): seqzoo "
        "builds in float32 all the same, but Keras casts what losses and fit compute "
        f'with to {floatx}. Call keras.config.set_floatx("float32"); for half '
        'precision, keras.config.set_dtype_policy("mixed_bfloat16").',
        stacklevel=6,
    )


def devices() -> dict[str, Any]:
    """Names of the GPUs and TPUs that the backend sees."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = [d for d in tf.config.list_physical_devices() if d.device_type != "CPU"]
        details = tf.config.experimental.get_device_details
        return {
            "gpus": [
                details(d).get("device_name", d.name)
                if d.device_type == "GPU"
                else d.name
                for d in gpus
            ]
        }
    if backend == "jax":
        import jax

        return {"gpus": [d.device_kind for d in jax.devices() if d.platform != "cpu"]}
    import torch

    count = torch.cuda.device_count()
    return {"gpus": [torch.cuda.get_device_name(i) for i in range(count)]}
