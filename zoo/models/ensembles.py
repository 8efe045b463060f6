"""Trained models -> one model that averages them, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import registry
from zoo.errors import InputError
from zoo.models.creation import (
    Origin,
    called,
    check_model,
    origin,
    remember,
    require_backend,
)
from zoo.models.interface import outputs_of
from zoo.models.outputs import declare, declared, unmeasured

if TYPE_CHECKING:
    import keras

ARCHITECTURE = "ensemble"
SHAPE = ("sequence_length", "num_outputs")


def ensemble(
    models: Sequence[keras.Model],
    *,
    average: str = "logits",
    activation: str = "sigmoid",
) -> keras.Model:
    """Makes one model of several, e.g. of other seeds or folds.

    It has their weights, without a copy. `zoo.save` makes one release of it, which
    `zoo.load` gives back; `zoo.models.ensembles.members` gives back the members. If all
    started from one release, it is recorded; of several, none is.

    Args:
        models: Made by `zoo.create` or `zoo.load`, with the same inputs and outputs.
            Their architectures may differ.
        average: "logits", also for activities, or "probabilities".
        activation: What leads from logits to probabilities: "sigmoid" or "softmax".

    Returns:
        A model of the architecture "ensemble", see `zoo.architectures.ensemble`: the
        members' inputs -> logits of the members' shape.

    Raises:
        InputError: A model whose architecture is not known, is an ensemble itself, or
            has no sequence_length and num_outputs, or others.
        ValueError: Fewer than two models or more than 100, or shapes that differ.
    """
    require_backend()
    from zoo.architectures.members import average_of

    members, shapes = [], []
    lengths: set[int | None] = set()
    releases: dict[str | None, registry.Release | None] = {}
    for number, model in enumerate(models, start=1):
        check_model(model)
        made = origin(model)
        if made is None or not can_be_member(made):
            raise InputError(
                "Expected models that zoo.create or zoo.load made, no ensembles (give "
                f"their members), by builders with the arguments {' and '.join(SHAPE)}."
                f" Received as model {number}: {called(model)}"
            )
        outputs_of(model)  # which refuses those without names
        lengths.add(made.training_length)
        releases[made.release.sha256 if made.release else None] = made.release
        shapes.append({name: made.config[name] for name in SHAPE})
        arguments = [[n, v] for n, v in made.config.items() if n not in SHAPE]
        members.append([made.architecture, *arguments])
    if any(shape != shapes[0] for shape in shapes):
        raise InputError(
            "Expected models of one sequence_length and num_outputs. Received: "
            f"{shapes}"
        )
    model = average_of(
        models, average=average, activation=activation, name=ARCHITECTURE
    )
    config = {"members": members, "average": average, "activation": activation}
    # What was measured of a member does not hold for all of them.
    known = {unmeasured(declared(each) or ()) for each in models}
    if len(known) == 1:
        declare(model, known.pop() or None)
    return remember(
        model,
        registry.find_architecture(ARCHITECTURE, (registry.OWN,)),
        shapes[0] | config,
        release=releases.popitem()[1] if len(releases) == 1 else None,
        training_length=lengths.pop() if len(lengths) == 1 else None,
    )


def can_be_member(made: Origin) -> bool:
    """Whether what was made like this can be a member, and be built as one again."""
    return made.architecture != ARCHITECTURE and set(SHAPE) <= made.config.keys()


def is_ensemble(model: keras.Model) -> bool:
    """Whether it has `members`."""
    made = origin(model)
    return made is not None and made.architecture == ARCHITECTURE


def members(model: keras.Model) -> tuple[keras.Model, ...]:
    """The members of an ensemble, each a model by itself with the ensemble's weights.

    Args:
        model: Made by `zoo.ensemble`, or loaded or created by its name.

    Returns:
        The members in their order. Their weights have the addresses of their
        architecture, and `zoo.save` takes them.

    Raises:
        InputError: The model is no ensemble.
    """
    from zoo.architectures.members import MEMBER

    made = origin(model)
    if made is None or not is_ensemble(model):
        raise InputError(
            "Expected an ensemble, made by zoo.ensemble, zoo.load or zoo.create. "
            f"Received: {called(model)}"
        )
    found = []
    for number, (name, *pairs) in enumerate(made.config["members"], start=1):
        member = model.get_layer(f"{MEMBER}{number}")
        config = dict(pairs) | {key: made.config[key] for key in SHAPE}
        architecture = registry.find_architecture(name, (registry.OWN,))
        remember(member, architecture, config, made.release, made.training_length)
        found.append(declare(member, declared(model)))
    return tuple(found)
