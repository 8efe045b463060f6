"""Models that treat both strands alike, made of models that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from zoo.inspection.symmetry.inputs import InputForm, input_form
from zoo.inspection.symmetry.outputs import (
    OutputPairs,
    Pairings,
    Reversals,
    Rule,
    like,
    rules,
)
from zoo.layers import RandomReverseComplement, ReverseComplement, SwapStrands
from zoo.layers.choose import Choose
from zoo.layers.mean_prediction import ACTIVATIONS, mean_prediction
from zoo.models.interface import as_inputs, by_name
from zoo.models.outputs import declare, declared

_SHAPES = ("reshape", "flatten", "squeeze", "expanddims")  # Keras's layers, operations


def conjoined(
    model: keras.Model,
    *,
    average: str = "logits",
    from_logits: bool | None = None,
    activation: str = "sigmoid",
    pairing: Pairings = None,
    reverse_positions: Reversals = None,
    output_pairs: OutputPairs = (),
    input_shape: Sequence[int | None] | None = None,
    name: str | None = None,
) -> keras.Model:
    """Wraps a model so that it gives both strands the same answer.

    With f the model, RC the reverse complement and T the swap of outputs,

        g(x) = (f(x) + T f(RC x)) / 2,    so that    g(RC x) = T g(x)

    up to rounding, at twice the cost of f. Nothing is copied: the wrapper and the model
    have the same weights, before training (post-hoc conjoined) and after (conjoined in
    training).

    Args:
        model: Any Keras model that reads DNA, one-hot (batch, length, 4) or codes
            (batch, length), and has one or several outputs. Values per base that it
            reads beside it are reversed with it, other inputs stay.
        average: "logits" or "probabilities": what is averaged. Zhou et al. average
            logits and apply the sigmoid afterwards. The wrapper gives what the model
            gives, logits or probabilities, with either.
        from_logits: Whether the model gives logits (or values that are averaged as
            they are, such as activities or log counts). False: it gives probabilities.
            None: probabilities where the output's last layer has a sigmoid or softmax.
        activation: What leads from logits to probabilities, "sigmoid" or "softmax"
            (over the last axis); what from_logits=None finds has precedence.
        pairing: Of each output's channels, as in `zoo.inspection.symmetry.check`.
        reverse_positions: Whether outputs have positions, as in
            `zoo.inspection.symmetry.check`.
        output_pairs: Names of outputs that swap, as in `zoo.inspection.symmetry.check`.
        input_shape: For a model that does not know its input: (length, 4) or (length,).
        name: Of the wrapper; "NAME_conjoined" by default.

    Returns:
        A functional model with the outputs of `model`, in the same structure and of
        the same names.

    Raises:
        InputError: A model or an argument that does not fit.

    Source:
        Zhou, Shrikumar and Kundaje 2022, PMLR 165, and the code of its benchmark,
        which averages logits. Deviation: probabilities of foreign models are turned
        back into logits instead of cutting off the last layer.
    """
    form, inputs, others = _inputs(model, input_shape)
    outputs = form.call(model, inputs, others)
    forward = by_name(model, outputs)
    reverse = by_name(model, _reversed(model, form, inputs, others))
    found = _rules(forward, pairing, reverse_positions, output_pairs)
    averaged = {}
    for key, rule in found.items():
        link = None if from_logits else last_activation(forward[key])
        gives_logits = link is None if from_logits is None else from_logits
        value = mean_prediction(
            [forward[key], _swapped(rule, reverse[rule.source])],
            average=average,
            activation=link or activation,
            from_logits=gives_logits,
            dtype=forward[key].dtype,
        )
        averaged[key] = _named(value, key, model, form)
    made = keras.Model(
        _all(model, form, inputs, others),
        like(outputs, averaged),
        name=name or f"{model.name}_conjoined",
    )
    return declare(made, declared(model))


def other_strand(
    model: keras.Model,
    *,
    pairing: Pairings = None,
    reverse_positions: Reversals = None,
    output_pairs: OutputPairs = (),
) -> keras.Model:
    """Wraps a model so that it reads the reverse complement of what it is given.

    Args:
        model: As in `conjoined`; so are the other arguments.
        pairing: Of each output's channels.
        reverse_positions: Whether outputs have positions.
        output_pairs: Names of outputs that swap.

    Returns:
        A functional model of the same inputs and outputs: T f(RC x), see `conjoined`.
    """
    form, inputs, others = _inputs(model, None)
    outputs = _reversed(model, form, inputs, others)
    found = by_name(model, outputs)
    swapped = {
        key: _named(_swapped(rule, found[rule.source]), key, model, form)
        for key, rule in _rules(found, pairing, reverse_positions, output_pairs).items()
    }
    made = keras.Model(
        _all(model, form, inputs, others),
        like(outputs, swapped),
        name=f"{model.name}_reverse",
    )
    return declare(made, declared(model))


def augmented(
    model: keras.Model,
    *,
    rate: float = 0.5,
    seed: int | None = None,
    pairing: Pairings = None,
    reverse_positions: Reversals = None,
    output_pairs: OutputPairs = (),
    input_shape: Sequence[int | None] | None = None,
    name: str | None = None,
) -> keras.Model:
    """Wraps a model for training on both strands with plain `model.fit`.

    In training, each sequence is reverse complemented with probability `rate`, and what
    the model says of it is swapped back, so targets stay as they are, whatever they
    are. The loss is that of swapped targets if it treats positions and paired channels
    alike, as sums and means do. At prediction the wrapper is the model.

    Args:
        model: As in `conjoined`; it is trained, as the wrapper has its weights.
        rate: Probability of each sequence.
        seed: Of the coins.
        pairing: Of each output's channels, as in `zoo.inspection.symmetry.check`.
        reverse_positions: Whether outputs have positions, as in
            `zoo.inspection.symmetry.check`.
        output_pairs: Names of outputs that swap, as in `zoo.inspection.symmetry.check`.
        input_shape: For a model that does not know its input: (length, 4) or (length,).
        name: Of the wrapper; "NAME_augmented" by default.

    Returns:
        A functional model with the outputs of `model`, in the same structure and of
        the same names.

    Raises:
        InputError: A model or an argument that does not fit.
    """
    form, inputs, others = _inputs(model, input_shape)
    layer = RandomReverseComplement(rate, return_mask=True, seed=seed)
    x, mask = layer(inputs)
    drawn = {
        n: Choose(dtype=y.dtype)([mask, _turned(y), y]) if form.along(n) else y
        for n, y in others.items()
    }
    outputs = form.call(model, x, drawn)
    values = by_name(model, outputs)
    found = _rules(values, pairing, reverse_positions, output_pairs)
    restored = {}
    for key, rule in found.items():
        value = values[key]
        if rule.changes(key):
            swapped = _swapped(rule, values[rule.source])
            value = Choose(dtype=value.dtype)([mask, swapped, value])
        restored[key] = _named(value, key, model, form)
    made = keras.Model(
        _all(model, form, inputs, others),
        like(outputs, restored),
        name=name or f"{model.name}_augmented",
    )
    return declare(made, declared(model))


def _inputs(
    model: keras.Model, input_shape: Sequence[int | None] | None
) -> tuple[InputForm, keras.KerasTensor, dict[str, keras.KerasTensor]]:
    form = input_form(model, input_shape)
    others = {
        name: layers.Input(tuple(tensor.shape)[1:], dtype=tensor.dtype, name=name)
        for name, tensor in form.others.items()
    }
    return form, layers.Input(form.shape, dtype=form.dtype, name=form.name), others


def _all(
    model: keras.Model, form: InputForm, inputs: Any, others: dict[str, Any]
) -> Any:
    """All inputs in the structure that the model takes."""
    return as_inputs(model, {form.name: inputs, **others}) if others else inputs


def _reversed(
    model: keras.Model, form: InputForm, inputs: Any, others: dict[str, Any]
) -> Any:
    """What the model says of the other strand, as it says it."""
    turned = {n: _turned(x) if form.along(n) else x for n, x in others.items()}
    return form.call(model, ReverseComplement()(inputs), turned)


def _turned(value: Any) -> Any:
    """Values per base, (batch, length, channels), from the other end."""
    return SwapStrands(None, reverse_positions=True, dtype=value.dtype)(value)


def _rules(
    outputs: dict[str, Any],
    pairing: Pairings,
    reverse_positions: Reversals,
    output_pairs: OutputPairs,
) -> dict[str, Rule]:
    shapes = {key: tuple(value.shape) for key, value in outputs.items()}
    return rules(shapes, pairing, reverse_positions, output_pairs)


def _swapped(rule: Rule, value: Any) -> Any:
    # In the output's own dtype: a global half precision would lose digits of logits.
    return SwapStrands(
        rule.pairing, reverse_positions=rule.reverse_positions, dtype=value.dtype
    )(value)


def _named(value: Any, key: str, model: keras.Model, form: InputForm) -> Any:
    """The output under its name, which losses and metrics are given by."""
    taken = key in (model.name, form.name, *form.others)
    # A key in a dict may have what the name of a layer may not.
    name = (f"{key}_output" if taken else key).replace("/", "_")
    return layers.Identity(name=name, dtype=value.dtype)(value)


def last_activation(value: Any) -> str | None:
    """The sigmoid or softmax that an output of a functional model ends in.

    Behind it may stand what changes no value, such as the way to another dtype or
    shape.
    """
    operation, _, index = getattr(value, "_keras_history", (None, None, None))
    inside = getattr(operation, "outputs", None)
    if isinstance(operation, keras.Model) and inside:
        return last_activation(inside[index])
    # A layer with an activation, or else the layer or operation Softmax or Sigmoid.
    function = getattr(operation, "activation", type(operation))
    found = getattr(function, "__name__", "").lower()
    plain = isinstance(operation, layers.Activation) and found == "linear"
    if operation is not None and (plain or found in ("identity", "cast", *_SHAPES)):
        before = last_activation(operation.input)
        # Another shape has other axes, which a softmax would be of.
        return None if found in _SHAPES and before == "softmax" else before
    return found if found in ACTIVATIONS else None
