"""A model of one-hot sequences that takes codes: one byte per base to the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import InputError
from zoo.models.creation import check_model
from zoo.models.interface import as_inputs, by_name, inputs_of, only, sequence_input
from zoo.models.outputs import declare_as

if TYPE_CHECKING:
    import keras


def takes_codes(model: keras.Model) -> keras.Model:
    """The same model behind an input of codes, one-hot being made in its graph.

    Train, predict with and evaluate the new model; it has no weights of its own.
    Whatever changes those of `model` changes both, so `zoo.save`, `zoo.models.weights`
    and anything that reads how the model was made take `model` itself, trained through
    the other.

    Args:
        model: Its input of DNA is one-hot (batch, length, 4), of any or a fixed length.

    Returns:
        A functional `keras.Model` with a uint8 input (batch, length), A C G T N =
        0 1 2 3 4, named as `model` with "_of_codes" behind. It is not compiled. The
        input is called "codes"; where there are others, inputs are a dict by the names
        that they have in `model`. Several outputs are a dict as well.

    Raises:
        InputError: The model has no such input.
    """
    import keras

    from zoo.layers import OneHot

    check_model(model)
    if [len(x.shape) for x in getattr(model, "inputs", None) or []] == [2]:
        raise InputError(
            "Expected a model of one-hot sequences (batch, length, 4). Received: "
            f"{model.name!r}, which reads codes already, if they are integers."
        )
    sequence, tensors = sequence_input(model), inputs_of(model)
    alone = len(tensors) == 1
    codes = keras.Input(
        tensors[sequence].shape[1:2], dtype="uint8", name="codes" if alone else sequence
    )
    others = {
        name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in tensors.items()
        if name != sequence
    }
    outputs = model(as_inputs(model, {**others, sequence: OneHot()(codes)}))
    made = keras.Model(
        codes if alone else {sequence: codes, **others},
        only(by_name(model, outputs)),
        name=f"{model.name}_of_codes",
    )
    return declare_as(made, model)
