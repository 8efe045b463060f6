"""What the outputs of a model are called, in which units, and by which activation."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import registry
from registry.release import Output
from zoo.errors import InputError

if TYPE_CHECKING:
    import keras

_PROBABILITIES = ("sigmoid", "softmax")

# By the tensor that they are: another head has other outputs.
_declared: weakref.WeakKeyDictionary[Any, tuple[Output, ...]] = (
    weakref.WeakKeyDictionary()
)


def output_names(model: keras.Model | str | Path) -> list[str]:
    """Names of the outputs, in the order of the last axis of the predictions.

    Args:
        model: A release, as `zoo.load` takes it; a model that it loaded, with the
            released head; or one that `zoo.save` wrote, or that `zoo.ensemble` or
            `zoo.conjoined` made of these.

    Returns:
        One name an output, e.g. for the columns of a data frame.

    Raises:
        InputError: Nobody has named the outputs of this model.
        UnknownNameError: There is no such release.
    """
    if isinstance(model, (str, Path)):
        return [output.name for output in registry.find(model).outputs]
    known = declared(model)
    if known is None:
        raise InputError(
            "Expected a release, or a model with the head of one. Received: "
            f"{getattr(model, 'name', model)!r}, whose outputs have no names. "
            "zoo.save(model, ..., outputs=[...]) gives them."
        )
    return [output.name for output in known]


def declared(model: keras.Model) -> tuple[Output, ...] | None:
    """What is known of the outputs of a model, None if nothing."""
    tensors: Any = getattr(model, "outputs", None) or ()  # a subclass has none
    return _declared.get(tensors[0]) if len(tensors) == 1 else None


def declare(model: keras.Model, outputs: Sequence[Output] | None) -> keras.Model:
    """Notes what the outputs of a model are, if that is known; returns the model."""
    if outputs is not None and len(model.outputs) == 1:
        _declared[model.outputs[0]] = tuple(outputs)
    return model


def described(
    outputs: Sequence[Output | str] | None,
    model: keras.Model,
    *,
    activation: str | None,
    units: str | None,
    symmetry: str,
) -> tuple[Output, ...]:
    """The outputs that a release of a model has.

    Args:
        outputs: Names, or all that there is to say; None for what is known.
        model: Whose they are.
        activation: Of those that have a name only.
        units: Likewise; by default "probability" behind a sigmoid or softmax.
        symmetry: Of the model. An output that has a name only is its own partner on the
            other strand, unless this is "none".

    Raises:
        InputError: Nothing is known of the outputs, or not enough.
    """
    if outputs is None:
        outputs = declared(model)
    if outputs is None:
        raise InputError(
            f"Expected the names of the {model.outputs[0].shape[-1]} outputs, which no "
            'release describes: outputs=["...", ...] with activation=.'
        )
    if isinstance(outputs, str):
        raise InputError(f"Expected a list of names. Received one: {outputs!r}")
    if units is None and activation in _PROBABILITIES:
        units = "probability"
    found = []
    for output in registry.plain(list(outputs)):
        if isinstance(output, str):
            if activation is None or units is None:
                raise InputError(
                    "Expected an activation for outputs that have a name only: "
                    "'sigmoid' or 'softmax', or for values 'linear' or another, with "
                    "their units. "
                    f"Received: activation={activation!r}, units={units!r}"
                )
            partner = None if symmetry == "none" else output
            output = Output(output, units, activation, partner)
        if not isinstance(output, Output):
            raise InputError(f"Expected names or zoo.Output. Received: {output!r:.80}")
        found.append(output)
    return tuple(found)
