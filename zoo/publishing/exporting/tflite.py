"""TensorFlow Lite (LiteRT): one-hot in, built-in operations only."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.dna import one_hot
from zoo.publishing.exporting.toolchain import conversion, one_hot_signature, require

if TYPE_CHECKING:
    import keras

NAME = "TFLite"
SEQUENCES = ("one_hot",)  # what it calls the sequences


def check_toolchain() -> None:
    """See `require`."""
    require(NAME, ["tensorflow"])


def write(model: keras.Model, path: Path, min_length: int) -> None:
    """Writes the file `path`: float32 one_hot (batch, length, 4) -> predictions.

    Operations of TensorFlow that TFLite lacks are not linked in, as the small
    runtimes have none of them: a model that needs one is refused.

    Args:
        model: One of its inputs is DNA, (batch, length, 4).
        path: The file; ends in .tflite.
        min_length: Not enforced: TFLite has no operation that refuses.
    """
    import tensorflow as tf

    signature = one_hot_signature(model)
    with conversion(NAME):
        model.export(
            str(path),
            format="litert",
            verbose=False,
            input_signature=signature,
            target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]},
        )


def read(path: Path, outputs: list[str]) -> Any:
    """Loads a written file.

    Args:
        path: The file.
        outputs: Names of the model's outputs.

    Returns:
        By "one_hot" a function of uint8 codes (batch, length) and the other inputs to
        the outputs.
    """
    run = _interpreter(path).get_signature_runner()

    def by_one_hot(
        codes: np.ndarray, others: Mapping[str, np.ndarray]
    ) -> list[np.ndarray]:
        found = run(one_hot=one_hot(codes), **others)
        names = outputs if len(outputs) > 1 else list(found)
        return [found[name] for name in names]

    return {"one_hot": by_one_hot}


def _interpreter(path: Path) -> Any:
    if find_spec("ai_edge_litert") is not None:
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(str(path))
    import tensorflow as tf

    with warnings.catch_warnings():
        # That it will move to ai_edge_litert, which is used above where it is there.
        warnings.simplefilter("ignore", UserWarning)
        return tf.lite.Interpreter(str(path))
