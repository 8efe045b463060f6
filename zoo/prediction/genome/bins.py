"""Where a model's predictions lie in its input: asked of the model itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import registry
from zoo.errors import InputError
from zoo.inspection.graph import trace
from zoo.inspection.heads import bin_sizes
from zoo.models.interface import input_length
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

    The release says how wide the bins are; those before schema 5 do not: then the
    model's graph tells (`zoo.inspection.heads`), or its builder's argument `bin_size`.

    Args:
        model: Of one output.
        release: Whose model it is.
        window: bp of the input.
        step: As in `tiles.geometry`.

    Raises:
        InputError: An output of another shape or number than the release says, bins
            that are wider than the window or of unknown size, or a step that does not
            fit.
    """
    shape = trace(model, window).outputs[0].shape
    count = shape[-1]
    if len(shape) not in (2, 3) or count is None:
        raise InputError(
            "Expected a model with an output (batch, outputs) or (batch, bins, "
            f"outputs). Received: {release.name} with output shape {shape}."
        )
    outputs.check_count(release, count)
    if len(shape) == 2:
        return tiles.geometry(window, None, None, step)
    bins = shape[1]
    assert bins is not None  # at one length
    size = release.heads[0].bin_size if release.heads else None
    size = size or bin_size(model, window) or release.config.get("bin_size")
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


def window(model: keras.Model, release: registry.Release, asked: int | None) -> int:
    """The bp of the windows that a model reads along a genome.

    Args:
        model: Which takes one length, or any.
        release: Whose model it is.
        asked: What the user wants; None for what the model was trained on.

    Raises:
        InputError: The model does not take it, or nothing says how long they are.
    """
    fixed = input_length(model)
    length = fixed or asked or release.input.training_length
    if length is None:
        raise InputError(
            f"{release.name} takes sequences of any length, and does not say at which "
            "it was trained: expected the length of a window in bp (--window, in "
            "Python window=)."
        )
    if fixed is not None and asked not in (None, fixed):
        raise InputError(
            f"Expected windows of {fixed} bp, the length that {release.name} takes. "
            f"Received: {asked} bp."
        )
    if length < release.input.min_length:
        raise InputError(
            f"Expected windows of at least {release.input.min_length} bp, the shortest "
            f"that {release.name} takes. Received: {length} bp."
        )
    return length


def bin_size(model: keras.Model, window: int) -> int | None:
    """The bp between neighboring positions of the only output, if its graph tells."""
    (size,) = bin_sizes(model, window).values() or (None,)
    return size
