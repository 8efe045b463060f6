"""The outputs of a model as a release describes them: scalars or profiles, of bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.release import Head
from zoo.errors import InputError
from zoo.inspection.graph import DEFAULT_SEQUENCE_LENGTH, shortest_above
from zoo.models.creation import called, min_length, origin
from zoo.models.interface import input_length, outputs_of

if TYPE_CHECKING:
    import keras


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
    """
    length = sequence_length or input_length(model)
    if length is None:
        length = max(DEFAULT_SEQUENCE_LENGTH, min_length(model) or 1)
        length = shortest_above(model, length) or length
    found = []
    strides: dict[int, int | None] | None = None
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
        if strides is None:
            strides = bin_sizes(model, length)
        size = strides.get(id(tensor)) or _said(model)
        if size is None:
            raise InputError(
                f"Output {name!r} of {called(model)} has bins, and it is not known how "
                "wide they are: its layers do not tell (zoo.receptive_field), and its "
                "builder has no argument bin_size. Give it one, in bp."
            )
        found.append(Head(name, "profile", shape[2], shape[1], size))
    return tuple(found)


def bin_sizes(model: keras.Model, length: int) -> dict[int, int | None]:
    """The bp between neighboring positions of each output, by the id of its tensor.

    Empty if the graph does not tell; None of an output without even positions.
    """
    from zoo.inspection.receptive_fields import receptive_field

    try:
        outputs = receptive_field(model, length).outputs
    except (InputError, ValueError):  # an unknown layer
        return {}
    if len(outputs) != len(model.outputs):
        return {}
    return {
        id(tensor): output.stride if isinstance(output.stride, int) else None
        for tensor, output in zip(model.outputs, outputs, strict=True)
    }


def _said(model: keras.Model) -> int | None:
    made = origin(model)
    size = made.config.get("bin_size") if made is not None else None
    return size if isinstance(size, int) and size > 0 else None
