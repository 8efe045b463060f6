"""The outputs of a model as a release describes them: scalars or profiles, of bins."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from registry.release import Head
from zoo.errors import InputError
from zoo.inspection.graph import DEFAULT_SEQUENCE_LENGTH, shortest_above
from zoo.models.creation import called, min_length, origin
from zoo.models.interface import input_length, outputs_of

if TYPE_CHECKING:
    import keras

    from zoo.inspection.receptive_fields.report import LayerField


def heads_of(
    model: keras.Model, sequence_length: int | None = None
) -> tuple[Head, ...]:
    """What a model returns, in its order.

    The size of a bin is the distance between neighboring positions of the output, as
    the model's graph has it: so it is known of every model, also of an ensemble or a
    plugin whose arguments do not name it. Where the graph does not tell, because a
    layer is unknown or positions do not lie evenly, the argument `bin_size` of the
    builder says it.

    Args:
        model: Functional or Sequential.
        sequence_length: bp at which bins are looked at; the model's own by default, or
            1,000.

    Raises:
        InputError: An output is neither (batch, num_outputs) nor (batch, bins,
            num_outputs), or the size of its bins is not known.

    Warns:
        UserWarning: Bins that do not lie in the middle of the sequence, where targets
            and predictions along a genome are laid.
    """
    length = sequence_length or input_length(model)
    free = length is None
    if length is None:
        length = max(DEFAULT_SEQUENCE_LENGTH, min_length(model) or 1)
        length = shortest_above(model, length) or length
    found = []
    fields: dict[int, LayerField] | None = None
    for name, tensor in outputs_of(model).items():
        shape = tuple(tensor.shape)
        if len(shape) not in (2, 3) or shape[-1] is None:
            raise InputError(
                "Expected outputs (batch, num_outputs) or (batch, bins, num_outputs). "
                f"Received: {called(model)} with output {name!r} of shape {shape}."
            )
        if len(shape) == 2:
            found.append(Head(name, "scalar", shape[1], None, None))
            continue
        if fields is None:
            fields = _fields(model, length)
        field = fields.get(id(tensor))
        if field is not None and field.stride is None and free:
            # The shortest length may leave a single bin, which has no neighbor.
            fields = _fields(model, length := 2 * length)
            field = fields.get(id(tensor))
        size = _stride(field) or _said(model)
        if size is None:
            raise InputError(
                f"Output {name!r} of {called(model)} has bins, and it is not known how "
                "wide they are: its layers do not tell (zoo.receptive_field), and its "
                "builder has no argument bin_size. Give it one, in bp."
            )
        if field is not None:
            _tell_if_elsewhere(name, field, length, size)
        found.append(Head(name, "profile", shape[2], shape[1], size))
    return tuple(found)


def bin_sizes(model: keras.Model, length: int) -> dict[int, int | None]:
    """The bp between neighboring positions of each output, by the id of its tensor.

    Empty if the graph does not tell; None of an output without even positions.
    """
    return {key: _stride(field) for key, field in _fields(model, length).items()}


def _fields(model: keras.Model, length: int) -> dict[int, LayerField]:
    """What the positions of each output see, likewise."""
    from zoo.inspection.receptive_fields import receptive_field

    try:
        outputs = receptive_field(model, length).outputs
    except (InputError, ValueError):  # an unknown layer
        return {}
    if len(outputs) != len(model.outputs):
        return {}
    return {id(t): field for t, field in zip(model.outputs, outputs, strict=True)}


def _stride(field: LayerField | None) -> int | None:
    stride = None if field is None else field.stride
    return stride if isinstance(stride, int) else None


def _tell_if_elsewhere(name: str, field: LayerField, length: int, size: int) -> None:
    """Warns if more is cut off at one end of the sequence than at the other.

    Strided layers are off by up to half a bin by themselves, and without anything cut
    off bins are where they are, also of causal layers.
    """
    bins = field.output_shape[1] or 0
    if field.start is None or field.local_span is None or bins * size >= length:
        return
    middle = field.start + field.local_span / 2
    shift = middle - (length - bins * size) / 2 - size / 2
    if abs(shift) > size / 2:
        cut, side = ("left", "right") if shift > 0 else ("right", "left")
        warnings.warn(
            f"Output {name!r}: more is cut off on the {cut}, and what its bins see "
            f"lies {abs(shift):g} bp further to the {side} than the middle of the "
            "sequence. Targets of training and predictions along a genome are laid in "
            "the middle: crop both ends alike (keras.layers.Cropping1D).",
            stacklevel=1,  # one place, so that it is told once
        )


def _said(model: keras.Model) -> int | None:
    made = origin(model)
    size = made.config.get("bin_size") if made is not None else None
    return size if isinstance(size, int) and size > 0 else None
