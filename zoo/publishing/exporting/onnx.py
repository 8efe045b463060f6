"""ONNX: one-hot in, for ONNX Runtime and the tools around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.dna import ALPHABET, one_hot
from zoo.models.interface import input_length
from zoo.publishing.exporting.toolchain import conversion, require

if TYPE_CHECKING:
    import keras

NAME = "ONNX"


def check_toolchain() -> None:
    """See `require`."""
    require(NAME, ["tensorflow"], ["onnx", "tf2onnx", "onnxruntime"])


def write(model: keras.Model, path: Path, min_length: int) -> None:
    """Writes the file `path`: float32 one_hot (batch, length, 4) -> predictions.

    Args:
        model: One input (batch, length, 4), one output.
        path: The file.
        min_length: Not enforced: ONNX has no operation that refuses.
    """
    import keras

    shape = (None, input_length(model), len(ALPHABET))
    signature = [keras.InputSpec(shape=shape, dtype="float32", name="one_hot")]
    with conversion(NAME):
        model.export(str(path), format="onnx", verbose=False, input_signature=signature)


def read(path: Path) -> Any:
    """Loads a written file on the CPU.

    Returns:
        For its one input a function of uint8 codes (batch, length) to predictions.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def by_one_hot(codes: np.ndarray) -> np.ndarray:
        (output,) = session.run(None, {"one_hot": one_hot(codes)})
        return np.asarray(output)

    return {"one_hot": by_one_hot}
