"""ONNX: one-hot in, for ONNX Runtime and the tools around it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.dna import one_hot
from zoo.publishing.exporting.toolchain import conversion, one_hot_signature, require

if TYPE_CHECKING:
    import keras

NAME = "ONNX"
SEQUENCES = ("one_hot",)  # what it calls the sequences


def check_toolchain() -> None:
    """See `require`."""
    require(NAME, ["tensorflow"], ["onnx", "tf2onnx", "onnxruntime"])


def write(model: keras.Model, path: Path, min_length: int) -> None:
    """Writes the file `path`: float32 one_hot (batch, length, 4) -> predictions.

    Args:
        model: One of its inputs is DNA, (batch, length, 4).
        path: The file.
        min_length: Not enforced: ONNX has no operation that refuses.
    """
    signature = one_hot_signature(model)
    with conversion(NAME):
        model.export(str(path), format="onnx", verbose=False, input_signature=signature)


def read(path: Path, outputs: list[str]) -> Any:
    """Loads a written file on the CPU.

    Args:
        path: The file.
        outputs: Names of the model's outputs.

    Returns:
        By "one_hot" a function of uint8 codes (batch, length) and the other inputs to
        the outputs.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = outputs if len(outputs) > 1 else None

    def by_one_hot(
        codes: np.ndarray, others: Mapping[str, np.ndarray]
    ) -> list[np.ndarray]:
        found = session.run(wanted, {"one_hot": one_hot(codes), **others})
        return [np.asarray(output) for output in found]

    return {"one_hot": by_one_hot}
