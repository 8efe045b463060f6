"""Where a model's predictions lie in its input: asked of the model itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import registry
from zoo.errors import InputError
from zoo.prediction.genome import outputs, tiles

if TYPE_CHECKING:
    import keras


def geometry(
    model: keras.Model,
    release: registry.Release,
    window: int,
    step: int | None = None,
) -> tiles.Geometry:
    """The geometry of a model's predictions, see `tiles.geometry`.

    The size of a bin is the distance between neighbouring positions of the output, as
    the model's graph has it: so it is known of every model, also of an ensemble or a
    plugin whose arguments do not name it. Where layers are unknown to
    `zoo.inspection.receptive_fields`, or do not lie evenly, the argument `bin_size` of
    the builder says it.

    Args:
        model: One input (batch, length, 4).
        release: Whose model it is.
        window: bp of the input.
        step: As of `tiles.geometry`.

    Raises:
        InputError: An output of another shape or number than the release says, bins
            that are wider than the window or of unknown size, or a step that does not
            fit.
    """
    shape = model.compute_output_shape((1, window, 4))
    if not isinstance(shape, tuple) or len(shape) not in (2, 3):
        raise InputError(
            "Expected a model with one output (batch, outputs) or (batch, bins, "
            f"outputs). Received: {release.name} with output shape {shape}."
        )
    outputs.check_count(release, shape[-1])
    if len(shape) == 2:
        return tiles.geometry(window, None, None, step)
    bins = shape[1]
    size = bin_size(model, window) or release.config.get("bin_size")
    if size is None and bins == window:
        size = 1
    if not isinstance(size, int) or size < 1:
        raise InputError(
            f"{release.name} predicts {bins} bins of {window} bp, and it is not known "
            "how wide they are: its layers do not tell (zoo.inspection.receptive_fields"
            f".receptive_field), and its builder {release.architecture!r} has no "
            "argument bin_size. Give it one, in bp."
        )
    if bins * size > window:
        raise InputError(
            f"Expected bins that lie within the window of {window} bp. Received: "
            f"{release.name} with {bins} bins of {size} bp."
        )
    return tiles.geometry(window, bins, size, step)


def bin_size(model: keras.Model, window: int) -> int | None:
    """The bp between neighbouring positions of the output, if its graph tells."""
    from zoo.inspection.receptive_fields import receptive_field

    try:
        (output,) = receptive_field(model, window).outputs
    except (InputError, ValueError):  # an unknown layer, or more than one output
        return None
    return output.stride if isinstance(output.stride, int) else None
