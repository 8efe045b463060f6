"""Whether a model, its loss and examples go together, by their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from zoo.errors import InputError
from zoo.models.inputs import other_inputs
from zoo.models.interface import as_inputs, by_name, inputs_of
from zoo.prediction.inputs import check_categories

if TYPE_CHECKING:
    from zoo.data.batches import SequenceDataset
    from zoo.data.rows import Table

# Losses whose targets are numbers of classes, or have another length.
_OF_NUMBERS = ("Sparse", "CTC", "MaskedCategorical")


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape without that of the batch, as it is written."""
    return f"({', '.join(['batch', *map(str, shape)])})"


def shapes_text(found: Mapping[str, Sequence[int | None]]) -> str:
    """Shapes of inputs or outputs, with their names where there are several."""
    if len(found) == 1:
        return shape_text(*found.values())
    return " and ".join(f"{name} {shape_text(shape)}" for name, shape in found.items())


def output_shapes(model: keras.Model, length: int) -> dict[str, tuple[int, ...]]:
    """Of each output by its name, without the batch, for sequences of one length.

    Raises:
        ValueError: The model does not take that length.
    """
    tensors = inputs_of(model)
    spec = {
        name: keras.KerasTensor(
            [
                1 if axis == 0 else length if size is None and axis == 1 else size
                for axis, size in enumerate(tensor.shape)
            ],
            dtype=tensor.dtype,
        )
        for name, tensor in tensors.items()
    }
    found = model.compute_output_spec(as_inputs(model, spec))
    return {n: tuple(y.shape)[1:] for n, y in by_name(model, found).items()}


def check_shapes(model: keras.Model, data: SequenceDataset) -> None:
    """Refuses examples that `model.fit` would stumble over, or broadcast in silence.

    Keras's losses compare targets (batch, 1) with outputs (batch, 8) without a word.
    Looked at are models of Keras's own training step and losses of Keras and of
    `zoo.losses`; what others make of their targets is their own affair.

    Args:
        model: Built and compiled.
        data: What it is trained with.

    Raises:
        InputError: There are no targets, inputs or outputs have other names, or the
            shapes of inputs or targets are not those of the model.
    """
    own_step = type(model).train_step is not keras.Model.train_step
    if own_step or type(model).compute_loss is not keras.Model.compute_loss:
        return
    examples = data.examples
    if examples.targets is None:
        raise InputError(f"{examples.source}: expected examples with targets to fit.")
    if not getattr(model, "inputs", None):
        return
    _check_inputs(model, data)
    found = output_shapes(model, examples.sequence_length)
    shapes = {"": examples.targets.shape[1:]}
    if data.heads is not None:
        shapes = data.heads.shapes
    elif len(found) == 1:
        found = {"": next(iter(found.values()))}
    if found.keys() != shapes.keys() or (data.heads and len(found) == 1):
        raise InputError(
            f"Expected batches(heads=...) to name the outputs of {model.name!r}, where "
            f"it has several: {shapes_text(found)}. Received: "
            f"{', '.join(shapes) if data.heads else 'no heads'}."
        )
    for name, output in found.items():
        loss = model.loss.get(name) if isinstance(model.loss, Mapping) else model.loss
        if isinstance(loss, (list, tuple)) or _goes_with(loss, output, shapes[name]):
            continue
        raise InputError(
            f"Expected targets of the shape of the output, {name or ''}"
            f"{' ' * bool(name)}{shape_text(output)} of {model.name!r}. Received "
            f"{shape_text(shapes[name])} of {examples.source}."
        )


def check_inputs(model: keras.Model, examples: Table, sequence: str) -> None:
    """Refuses examples whose inputs beside the sequence are not those of the model.

    Args:
        model: Names its inputs.
        examples: With the others.
        sequence: Name of the input that is the sequence.

    Raises:
        InputError: They lack one, have another or one of another shape, or other
            numbers than the categories that the model takes.
    """
    for name, tensor in other_inputs(model, examples.inputs, sequence).items():
        values, wanted = examples.inputs[name], tuple(tensor.shape[1:])
        if not _fits(values.shape[1:], wanted):
            raise InputError(
                f"input {name!r}: expected {shape_text(wanted)}, as {model.name!r} "
                f"takes it. Received {shape_text(values.shape[1:])}."
            )
        if "int" not in keras.backend.standardize_dtype(tensor.dtype):
            continue
        wrong = ~(values == np.floor(values))  # also of NaN
        if wrong.any():
            raise InputError(
                f"input {name!r}: expected integers, also where none is known "
                f"(multi_modal takes -1). Received {values[wrong].flat[0]} in "
                f"{int(wrong.sum()):,} of {values.size:,}."
            )
    check_categories(model, examples.inputs)


def _check_inputs(model: keras.Model, data: SequenceDataset) -> None:
    """Of a batch, the sequence and what `check_inputs` looks at."""
    tensors, name = inputs_of(model), data.sequence
    if len(tensors) == 1:
        (name,) = tensors
    if name not in tensors:
        raise InputError(
            f"Expected batches(sequence=...) to name the input of {model.name!r} that "
            f"is the sequence, one of {', '.join(tensors)}. Received: {name!r}."
        )
    check_inputs(model, data.examples, name)
    length = (data.examples.sequence_length,)
    shape = length if data.encoding == "codes" else (*length, 4)
    wanted = tuple(tensors[name].shape[1:])
    if _fits(shape, wanted):
        return
    hint = ""
    if len(wanted) != len(shape):
        hint = ": examples.batches(encoding='codes') is for zoo.takes_codes(model)"
    raise InputError(
        f"Expected sequences {shape_text(wanted)}, as {model.name!r} takes them. "
        f"Received batches of {shape_text(shape)}{hint}."
    )


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        size in (None, got) for size, got in zip(wanted, shape, strict=True)
    )


def _goes_with(loss: Any, output: tuple[int, ...], targets: tuple[int, ...]) -> bool:
    """Whether a loss takes these targets for this output, as far as is known."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    kind = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    name, module = getattr(kind, "__name__", ""), getattr(kind, "__module__", "")
    if not module.startswith(("keras.", "zoo.losses")):
        return True
    if name.lower().startswith(tuple(n.lower() for n in _OF_NUMBERS)):
        return True
    return targets in (output, (*output, 1)) or (*targets, 1) == output
