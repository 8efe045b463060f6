"""A model of one-hot sequences that takes codes: one byte a base to the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.dna import ALPHABET
from zoo.errors import InputError
from zoo.models.creation import check_model
from zoo.models.outputs import declare, declared

if TYPE_CHECKING:
    import keras


def takes_codes(model: keras.Model) -> keras.Model:
    """The same model behind an input of codes, one-hot being made in its graph.

    Train, predict with and evaluate the new model; it has no weights of its own.
    Whatever changes those of `model` changes both, so `zoo.save`, `zoo.models.weights`
    and anything that reads how the model was made take `model` itself, trained through
    the other.

    Args:
        model: One one-hot input (batch, length, 4), of any or a fixed length.

    Returns:
        A functional `keras.Model` with a uint8 input "codes" (batch, length), A C G T N
        = 0 1 2 3 4, named as `model` with "_of_codes" behind. It is not compiled.

    Raises:
        InputError: The model has several inputs, or none of that shape.
    """
    import keras

    from zoo.layers import OneHot

    check_model(model)
    inputs = getattr(model, "inputs", None) or []
    shapes = [tuple(tensor.shape) for tensor in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][2] != len(ALPHABET):
        hint = "."
        if len(shapes) == 1 and len(shapes[0]) == 2:
            hint = ": this one reads codes already, if they are integers."
        elif len(shapes) > 1:
            hint = ": write it as a functional model, OneHot() behind a uint8 input."
        raise InputError(
            "Expected a model of one input, one-hot (batch, length, 4). Received: "
            f"{model.name!r} with inputs {shapes or 'unknown until it is called'}{hint}"
        )
    codes = keras.Input((shapes[0][1],), dtype="uint8", name="codes")
    made = keras.Model(codes, model(OneHot()(codes)), name=f"{model.name}_of_codes")
    return declare(made, declared(model))
