"""A model -> SavedModel, ONNX or TFLite, kept only if it predicts the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from registry.files import beside, replaced, user_path
from zoo.errors import check_choice
from zoo.models import creation
from zoo.models.creation import require_backend
from zoo.publishing.exporting.errors import ExportError

if TYPE_CHECKING:
    import keras

    from zoo.prediction.forward import Activation

#: Codes and the other inputs, by name -> the outputs in the model's order.
Read = Callable[[np.ndarray, Mapping[str, np.ndarray]], list[np.ndarray]]
FORMATS = ("saved_model", "onnx", "tflite")
TOLERANCE = 1e-4  # logits; as golden predictions on other machines

__all__ = ["Export", "ExportError", "FORMATS", "export"]


@dataclass(frozen=True)
class Export:
    """What was written, and how equal it is to the Keras model.

    Attributes:
        path: The file or folder.
        format: One of `FORMATS`.
        inputs: The inputs that it takes: "sequences" and "codes", or "one_hot".
        lengths: Sequence lengths in bp at which it was compared.
        max_difference: The largest |prediction - Keras prediction|, all of `inputs`.
        tolerance: What was allowed.
        bytes: Its size.
        training_length: bp that the release was trained and measured on, None where
            that is not known. Nothing in the export brings others to that length, as
            `zoo.predict` does: cut longer sequences before.
    """

    path: str
    format: str
    inputs: tuple[str, ...]
    lengths: tuple[int, ...]
    max_difference: float
    tolerance: float
    bytes: int
    training_length: int | None = None


def export(
    model: keras.Model | str | Path,
    out: str | Path,
    format: str = "saved_model",
    *,
    activation: Activation = None,
    tolerance: float = TOLERANCE,
) -> Export:
    """Writes a model for programs without Keras, and proves that it is the same.

    What was written is read back and predicts seeded random sequences, some with N,
    of one length, or of two if the model takes any. Where it differs from the Keras
    model by more than `tolerance`, or the tool chain fails, nothing is kept.

    Inputs of the formats:
        saved_model: signature "serving_default": strings (batch,) of one length, in
            either case; signature "codes": uint8 (batch, length). Other characters
            and lengths are errors of the graph.
        onnx, tflite: float32 one_hot (batch, length, 4), channels A, C, G, T; see
            `zoo.dna.one_hot_strings`.
    Further inputs keep their names and types; several outputs have the model's names.

    Args:
        model: One of its inputs is DNA, (batch, length, 4); or a name for `zoo.load`.
        out: Must not exist: a file, or a folder for "saved_model".
        format: "saved_model", "onnx" or "tflite".
        activation: A name of `keras.activations` to apply to the output, e.g.
            "sigmoid" for probabilities, or such names by output. Without it the
            model's output: logits.
        tolerance: The largest difference allowed, in units of the output.

    Returns:
        Where it is and how large the difference was.

    Raises:
        ExportError: The path exists; the format needs another backend or a package
            that is not installed; the tool chain cannot convert this model; or what
            it wrote is not equal.
        InputError: The model does not read DNA, or there is no such activation.
        ValueError: Another format.
    """
    check_choice("format", format, FORMATS)
    target = user_path(out)
    if target.exists() or target.is_symlink():
        raise ExportError(f"{target} exists. Remove it, or export to another path.")
    require_backend()
    writer = _writer(format)
    writer.check_toolchain()
    if isinstance(model, (str, Path)):
        from zoo.models.loading import load

        model = load(model)
    _check_names(model, writer)
    min_length = creation.min_length(model) or 1
    target.parent.mkdir(parents=True, exist_ok=True)
    # With the suffix that the tool chain of the format asks for.
    temporary = beside(target.with_suffix(f".{format}"))
    with replaced(target, temporary=temporary) as written:
        writer.write(_with_activation(model, activation), written, min_length)
        report = _compare(
            model, writer, written, target, format, activation, tolerance, min_length
        )
    return report


def _writer(format: str) -> ModuleType:
    from zoo.publishing.exporting import onnx, saved_model, tflite

    return {"saved_model": saved_model, "onnx": onnx, "tflite": tflite}[format]


def _check_names(model: keras.Model, writer: ModuleType) -> None:
    """Refuses inputs of the names by which the format takes the sequences.

    Raises:
        ExportError: One has such a name.
        InputError: The model does not read DNA.
    """
    from zoo.models.interface import inputs_of, sequence_input

    further = inputs_of(model).keys() - {sequence_input(model)}
    if taken := sorted(further & set(writer.SEQUENCES)):
        raise ExportError(
            f"{writer.NAME} takes the sequences as {' or '.join(writer.SEQUENCES)}. "
            f"Received: a model with another input {taken[0]!r}. Give that one another "
            "name: keras.Input(name=)."
        )


def _with_activation(model: keras.Model, activation: Activation) -> keras.Model:
    """A model whose inputs are a tensor or a dict of them, its outputs as well."""
    from zoo.models.interface import inputs_of, only, outputs_of
    from zoo.prediction.forward import activations

    inputs, outputs = inputs_of(model), outputs_of(model)
    applied = activations(model, activation)
    single = len(inputs) == 1 and len(outputs) == 1
    if single and activation is None:
        return model
    import keras

    made = {
        name: keras.layers.Activation(applied[name], dtype="float32")(tensor)
        for name, tensor in outputs.items()
    }
    return keras.Model(only(inputs), only(made), name=model.name)


def _compare(
    model: keras.Model,
    writer: ModuleType,
    written: Path,
    target: Path,
    format: str,
    activation: Activation,
    tolerance: float,
    min_length: int,
) -> Export:
    from zoo.models.inputs import random_inputs
    from zoo.models.interface import (
        all_named,
        input_length,
        outputs_of,
        sequence_input,
    )
    from zoo.prediction.lengths import Lengths
    from zoo.prediction.sequences import predict
    from zoo.publishing.exporting.toolchain import conversion
    from zoo.publishing.golden import golden_codes

    fixed = input_length(model)
    shortest = max(min_length, 100)
    lengths = (fixed,) if fixed else (shortest, shortest + 37)
    worst = 0.0
    with conversion(f"{writer.NAME}, reading back what it wrote,"):
        names = list(outputs_of(model))
        inputs: dict[str, Read] = writer.read(written, names)
        for length in lengths:
            codes = golden_codes(length)
            others = random_inputs(model, len(codes), length)
            given = {sequence_input(model): codes, **others}
            found = predict(model, given, activation=activation, window=length)
            expected = all_named(found)
            for compute in inputs.values():
                received = compute(codes, others)
                for one, other in zip(received, expected.values(), strict=True):
                    if one.shape != other.shape:
                        raise ValueError(f"shape {one.shape} for {other.shape}")
                    # NaN must not get lost in a comparison.
                    worst = max(worst, _largest(np.abs(one - other)))
    if not worst <= tolerance:
        raise ExportError(
            f"The exported {writer.NAME} differs from the Keras model by {worst:.2e}, "
            f"more than the tolerance {tolerance:.0e}, and was removed. A model that "
            "computes in half precision needs a larger one: pass tolerance."
        )
    return Export(
        path=str(target),
        format=format,
        inputs=tuple(inputs),
        lengths=lengths,
        max_difference=worst,
        tolerance=tolerance,
        bytes=_size(written),
        training_length=Lengths(model, None).trained,
    )


def _largest(differences: np.ndarray) -> float:
    return float(np.nan_to_num(differences, nan=np.inf, posinf=np.inf).max())


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
