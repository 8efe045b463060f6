"""What a release claims of its outputs and of both strands, held against the model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from registry.release import Head, Output
from zoo.errors import InputError
from zoo.models.activations import activation_of
from zoo.models.inputs import random_inputs
from zoo.models.interface import outputs_of

if TYPE_CHECKING:
    import keras

_NOT_BY_ROUNDING = 0.05  # of the largest logit; half precision comes near it


def check_outputs(outputs: Sequence[Output], heads: Sequence[Head]) -> None:
    """Refuses descriptions that are not those of a model's outputs.

    Args:
        outputs: What a release says of them, those of one head after the other.
        heads: What the model has.

    Raises:
        InputError: Another number, a name that is there twice in a head, an activation
            that is unknown or not for its head, or a partner that is no output of the
            head.
    """
    expected = sum(head.num_outputs for head in heads)
    if len(outputs) > expected:  # a run asks before training; fewer are told below
        raise InputError(
            f"Expected {expected} outputs. Received {len(outputs)}: "
            f"{', '.join(output.name for output in outputs)}"
        )
    left = iter(outputs)
    for head in heads:
        mine = list(itertools.islice(left, head.num_outputs))
        names = [output.name for output in mine]
        partners = {o.reverse_complement_partner for o in mine} - {None}
        if len(set(names)) < head.num_outputs or partners - set(names):
            raise InputError(
                f"Expected {head.num_outputs} outputs of different names, with "
                f"reverse-complement partners among them. Received: {', '.join(names)}"
                + (f"; partners {', '.join(map(str, partners))}" if partners else "")
            )
        for output in mine:
            activation_of(
                output.activation, output.name, profile=head.kind == "profile"
            )


def check_symmetry(
    model: keras.Model, symmetry: str, outputs: Sequence[dict[str, Any]], codes: Any
) -> float:
    """Measures how far the strands differ, which "equivariant" says they do not.

    Args:
        model: One-hot sequences -> logits.
        symmetry: As in `save`.
        outputs: What the release says of them; partners swap on the other strand.
        codes: Sequences to measure it with.

    Returns:
        The largest difference, in logits.

    Raises:
        InputError: It is no equivariant model.
    """
    from zoo.inspection.symmetry import check

    found = check(
        model,
        codes,
        pairing=pairings_of(model, outputs),
        inputs=constants_for(model),
        tolerance=_NOT_BY_ROUNDING,
    )
    if symmetry == "equivariant" and not found.passed:
        raise InputError(
            "symmetry: expected 'augmented' or 'none' of a model whose predictions "
            f"differ between the strands, here by up to {found.max_difference:.2g} in "
            "logits. Received: 'equivariant', which is equal by construction"
        )
    return found.max_difference


def constants_for(model: keras.Model) -> dict[str, Any]:
    """A value of each further input, one that both strands have."""
    found = random_inputs(model, 1, 1)
    return {name: values.flat[0] for name, values in found.items()}


def pairings_of(
    model: keras.Model, outputs: Sequence[dict[str, Any]]
) -> dict[str, tuple[int, ...]]:
    """Which outputs are partners on the other strand, by head, where two are."""
    found, left = {}, iter(outputs)
    for head, tensor in outputs_of(model).items():
        mine = list(itertools.islice(left, tensor.shape[-1]))
        names = [output["name"] for output in mine]
        partners = [o.get("reverse_complement_partner") or o["name"] for o in mine]
        if partners != names:
            found[head] = tuple(map(names.index, partners))
    return found
