"""TensorFlow Lite (LiteRT): one-hot in, built-in operations only."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.dna import ALPHABET, one_hot
from zoo.models.interface import input_length
from zoo.publishing.exporting.toolchain import conversion, require

if TYPE_CHECKING:
    import keras

NAME = "TFLite"


def check_toolchain() -> None:
    """See `require`."""
    require(NAME, ["tensorflow"])


def write(model: keras.Model, path: Path, min_length: int) -> None:
    """Writes the file `path`: float32 one_hot (batch, length, 4) -> predictions.

    Operations of TensorFlow that TFLite lacks are not linked in, as the small
    runtimes have none of them: a model that needs one is refused.

    Args:
        model: One input (batch, length, 4), one output.
        path: The file; ends in .tflite.
        min_length: Not enforced: TFLite has no operation that refuses.
    """
    import keras
    import tensorflow as tf

    shape = (None, input_length(model), len(ALPHABET))
    signature = [keras.InputSpec(shape=shape, dtype="float32", name="one_hot")]
    with conversion(NAME):
        model.export(
            str(path),
            format="litert",
            verbose=False,
            input_signature=signature,
            target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]},
        )


def read(path: Path) -> Any:
    """Loads a written file.

    Returns:
        For its one input a function of uint8 codes (batch, length) to predictions.
    """
    interpreter = _interpreter(path)
    (given,) = interpreter.get_input_details()
    (wanted,) = interpreter.get_output_details()

    def by_one_hot(codes: np.ndarray) -> np.ndarray:
        inputs = one_hot(codes)
        interpreter.resize_tensor_input(given["index"], inputs.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], inputs)
        interpreter.invoke()
        return interpreter.get_tensor(wanted["index"])

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
