"""Run as a program: what Keras and its backend are and can, a line of JSON each.

It is a process of its own as an import can hang, end the process, or take hold of a
GPU; lines are written at once, so that those before a crash count.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from zoo.errors import said
from zoo.models.keras_settings import devices

MARK = "seqzoo-doctor "  # backends print to the same stream
MODEL, LENGTH, BATCH = "shallow_wide", 200, 256


def keras_facts() -> dict[str, Any]:
    """Versions, and what keras.json sets for layers that are not told otherwise."""
    import keras

    backend = keras.backend.backend()
    version = getattr(import_module(backend), "__version__", "unknown")
    return {
        "version": keras.__version__,
        "backend": backend,
        "backend_version": version,
        "image_data_format": keras.config.image_data_format(),
        "floatx": keras.config.floatx(),
    }


def xla() -> dict[str, Any]:
    """Compiles one addition."""
    import keras

    backend = keras.backend.backend()
    if backend == "torch":
        return {"works": False, "reason": "PyTorch computes without XLA"}
    if backend == "tensorflow":
        import tensorflow as tf

        result = tf.function(lambda x: x + 1.0, jit_compile=True)(tf.constant(1.0))
    else:
        import jax

        result = jax.jit(lambda x: x + 1.0)(1.0)
    return {"works": float(result) == 2.0, "reason": "1 + 1 is not 2"}


def throughput() -> dict[str, Any]:
    """Predicts for a second."""
    import numpy as np

    import zoo

    model = zoo.create(MODEL, sequence_length=LENGTH, num_outputs=1)
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (BATCH, LENGTH), dtype=np.uint8)
    zoo.predict(model, codes)
    began, batches = time.monotonic(), 0
    while (seconds := time.monotonic() - began) < 1.0:
        zoo.predict(model, codes)
        batches += 1
    return {"sequences_per_second": batches * BATCH / seconds}


def main(probe: bool) -> None:
    """Prints a line for each; the first that fails is the last."""
    stages: dict[str, Callable[[], dict[str, Any]]]
    stages = {"keras": keras_facts, "devices": devices, "xla": xla}
    if probe:
        stages["throughput"] = throughput
    for name, look in stages.items():
        try:
            facts = look()
        except Exception as error:
            facts = {"error": f"{type(error).__name__}: {said(error)}"}
        print("\n" + MARK + json.dumps({name: facts}), flush=True)
        if name == "keras" and "error" in facts:
            return


if __name__ == "__main__":
    main("--no-probe" not in sys.argv)
