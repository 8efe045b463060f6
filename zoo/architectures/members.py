"""Several models of one input as one model: the average of what they predict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from keras import layers

from zoo.layers.mean_prediction import mean_prediction

MEMBER = "member_"  # member_1, member_2, ...: in front of the addresses of weights
MAXIMUM_MEMBERS = 100


def average_of(
    models: Sequence[keras.Model], *, average: str, activation: str, name: str
) -> keras.Model:
    """Wraps models, which keep their weights, so that their mean is predicted.

    Args:
        models: Functional models with the same inputs, by name and shape, and the
            same outputs.
        average: See `zoo.architectures.ensemble`.
        activation: Likewise.
        name: Of the model.

    Raises:
        ValueError: Fewer than two models or too many, models that do not fit
            together, or another average or activation.
    """
    if not 2 <= len(models) <= MAXIMUM_MEMBERS:
        raise ValueError(
            f"An ensemble has 2 to {MAXIMUM_MEMBERS} members. Received: {len(models)}"
        )
    first = _shapes(models[0])
    for number, model in enumerate(models[1:], start=2):
        if _shapes(model) != first:
            raise ValueError(
                "The members of an ensemble must have the same inputs and outputs. "
                f"Received: member 1 {first}, member {number} {_shapes(model)}"
            )
    if average == "probabilities" and len(models[0].outputs) > 1:
        raise ValueError(
            'average="probabilities" is for models of one output. Received: outputs '
            f"{first[1]}"
        )
    inputs = keras.tree.map_structure(
        lambda t: layers.Input(t.shape[1:], dtype=t.dtype, name=t.name),
        _structures(models[0])[0],
    )
    predictions = []
    for number, model in enumerate(models, start=1):
        # The same layers under another name: that of an architecture may come twice.
        member = keras.Model(*_structures(model), name=f"{MEMBER}{number}")
        predictions.append(member(inputs))
    mean = partial(
        mean_prediction, average=average, activation=activation, dtype="float32"
    )
    outputs: Any
    if isinstance(predictions[0], dict):
        outputs = {
            key: mean(
                [p[key] for p in predictions],
                # A key may have what the name of a layer may not.
                name=f"head_average_{key.replace('/', '_')}",
            )
            for key in predictions[0]
        }
    elif isinstance(predictions[0], (list, tuple)):
        outputs = [
            mean(list(each), name=key)
            for key, each in zip(
                _output_names(models[0]), zip(*predictions, strict=True), strict=True
            )
        ]
    else:
        outputs = mean(predictions, name="head_average")
    return keras.Model(inputs, outputs, name=name)


def _structures(model: keras.Model) -> tuple[Any, Any]:
    """The inputs and outputs as the model takes and gives them."""
    if isinstance(model, keras.Sequential):  # which has one of each
        return model.inputs[0], model.outputs[0]
    return model.input, model.output


def _output_names(model: keras.Model) -> list[str]:
    """Of outputs in a list: those of the model, by which they are known in it."""
    names = list(model.output_names)
    if len(set(names)) < len(names):
        names = [f"output_{number}" for number in range(1, len(names) + 1)]
    taken = {tensor.name for tensor in model.inputs}
    return [f"{name}_output" if name in taken else name for name in names]


def _shapes(model: keras.Model) -> tuple[Any, Any]:
    """Of the inputs by name, and of the outputs."""
    inputs: Any = {t.name: (tuple(t.shape), t.dtype) for t in model.inputs}
    if len(inputs) == 1:  # Keras numbers those that nobody named
        (inputs,) = inputs.values()
    outputs = _structures(model)[1]
    return inputs, keras.tree.map_structure(lambda t: str(t.shape), outputs)
