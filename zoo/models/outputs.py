"""What the outputs of a model are called, in which units, and by which activation."""

from __future__ import annotations

import dataclasses
import itertools
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import registry
from registry.release import Output
from zoo.errors import InputError
from zoo.models.activations import PROBABILITIES, SOFTMAX_OVER_BINS
from zoo.models.interface import outputs_of

if TYPE_CHECKING:
    import keras

#: Names or outputs, of one head after the other or by head.
Described = Sequence[Output | str] | Mapping[str, Sequence[Output | str]]
#: For all heads, or by the name of the head.
ByHead = str | Mapping[str, str] | None

# By the tensor that they are: another head has other outputs.
_declared: weakref.WeakKeyDictionary[Any, tuple[Output, ...]] = (
    weakref.WeakKeyDictionary()
)
# Steps of the optimizer before that: what was measured holds until there are more.
_steps: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def output_names(model: keras.Model | str | Path) -> list[str]:
    """Names of the outputs, in the order of the last axis of the predictions.

    Of a model with several heads those of one follow those of the other.

    Args:
        model: A release, as `zoo.load` takes it; a model that it loaded, with the
            released head; or one that `zoo.save` wrote, or that `zoo.ensemble` or
            `zoo.conjoined` made of these.

    Returns:
        One name per output, e.g. for the columns of a data frame.

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
    """What is known of the outputs of a model, None if nothing of one of them.

    Of a model that was trained since, by its optimizer, nothing is known that had been
    measured.
    """
    if not getattr(model, "outputs", None):  # a subclass has none
        return None
    found = by_head(model)
    if not found or not all(found.values()):
        return None
    return tuple(itertools.chain.from_iterable(found.values()))


def by_head(model: keras.Model) -> dict[str, tuple[Output, ...]]:
    """As `declared`, by the name of the model's output; () where nothing is known."""
    steps = _trained_steps(model)
    found = {}
    for name, tensor in outputs_of(model).items():
        known = _declared.get(tensor, ())
        if _steps.get(tensor) != steps:
            known = unmeasured(known)
        found[name] = known
    return found


def unmeasured(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """The outputs without what was measured of them, which holds for other weights."""
    return tuple(
        dataclasses.replace(output, calibration=None, threshold=None, backgrounds=())
        for output in outputs
    )


def _trained_steps(model: keras.Model) -> int:
    optimizer = getattr(model, "optimizer", None)
    return 0 if optimizer is None else int(optimizer.iterations)


def declared_of(tensor: Any) -> tuple[Output, ...] | None:
    """What is known of one output of a model, by its tensor; None if nothing."""
    return _declared.get(tensor)


def declare(model: keras.Model, outputs: Sequence[Output] | None) -> keras.Model:
    """Notes what the outputs of a model are, if that is known; returns the model."""
    if outputs is None:
        return model
    heads = outputs_of(model)
    if sum(tensor.shape[-1] for tensor in heads.values()) == len(outputs):
        left = iter(outputs)
        for tensor in heads.values():
            _declared[tensor] = tuple(itertools.islice(left, tensor.shape[-1]))
            _steps[tensor] = _trained_steps(model)
    return model


def declare_as(model: keras.Model, other: keras.Model) -> keras.Model:
    """Notes that the outputs of a model are those of another of their names.

    Args:
        model: With the outputs of the other, in any order. A single one may have
            another name.
        other: Whose outputs may be known.

    Returns:
        The model.
    """
    theirs = by_head(other)
    for name, tensor in outputs_of(model).items():
        same = theirs[name] if len(theirs) > 1 else next(iter(theirs.values()))
        if same:
            _declared[tensor] = same
            _steps[tensor] = _trained_steps(model)
    return model


def described(
    outputs: Described | None,
    model: keras.Model,
    *,
    activation: ByHead,
    units: ByHead,
    symmetry: str,
) -> tuple[Output, ...]:
    """The outputs that a release of a model has, those of one head after the other.

    Args:
        outputs: Names, or all that there is to say, in order or by head; None for what
            is known.
        model: Whose they are.
        activation: Of those that have a name only, for all heads or by head.
        units: Likewise; by default "probability" behind a sigmoid or softmax, "share"
            behind one over bins.
        symmetry: Of the model. An output that has a name only is its own partner on the
            other strand, unless this is "none".

    Raises:
        InputError: Nothing is known of the outputs, or not enough.
    """
    heads = {name: tensor.shape[-1] for name, tensor in outputs_of(model).items()}
    if outputs is None:
        outputs = declared(model)
    if outputs is None:
        each = " and ".join(f"{count} of {name!r}" for name, count in heads.items())
        raise InputError(
            f"Expected the names of the {sum(heads.values())} outputs ({each}), which "
            'no release describes: outputs=["...", ...] with activation=.'
        )
    if isinstance(outputs, str):
        raise InputError(f"Expected a list of names. Received one: {outputs!r}")
    if isinstance(outputs, Mapping):
        _check_heads("outputs", outputs, heads)
        outputs = [output for head in heads for output in outputs[head]]
    for argument, value in (("activation", activation), ("units", units)):
        if isinstance(value, Mapping):
            _check_heads(argument, value, heads)
    names = list(registry.plain(list(outputs)))
    if len(names) != sum(heads.values()):
        each = ", ".join(f"{name!r}: {count}" for name, count in heads.items())
        raise InputError(
            f"Expected {sum(heads.values())} outputs of different names, one for each "
            f"channel of the model's outputs ({each}). Received {len(names)}: "
            f"{', '.join(map(str, names))}"
        )
    left, found = iter(names), []
    for head, count in heads.items():
        one = activation.get(head) if isinstance(activation, Mapping) else activation
        unit = units.get(head) if isinstance(units, Mapping) else units
        if unit is None and one in PROBABILITIES:
            unit = "share" if one == SOFTMAX_OVER_BINS else "probability"
        found += [
            _output(output, one, unit, symmetry)
            for output in itertools.islice(left, count)
        ]
    return tuple(found)


def _check_heads(argument: str, given: Mapping[str, Any], heads: Any) -> None:
    if set(given) != set(heads):
        raise InputError(
            f"{argument}: expected one entry for each output of the model, "
            f"{', '.join(map(repr, heads))}. Received: {', '.join(map(repr, given))}"
        )


def _output(
    output: Any, activation: str | None, units: str | None, symmetry: str
) -> Output:
    if isinstance(output, Output):
        return output
    if not isinstance(output, str):
        raise InputError(f"Expected names or zoo.Output. Received: {output!r:.80}")
    if activation is None or units is None:
        raise InputError(
            "Expected an activation for outputs that have a name only: "
            "'sigmoid' or 'softmax', or for values 'linear' or another, with "
            "their units. "
            f"Received: activation={activation!r}, units={units!r}"
        )
    partner = None if symmetry == "none" else output
    return Output(output, units, activation, partner)
