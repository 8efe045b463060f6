"""What the release of a run says of the model's outputs, checked before training."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from registry.release import Output
from registry.schema import is_plain
from zoo.errors import InputError
from zoo.inspection.heads import heads_of
from zoo.models.interface import outputs_of
from zoo.publishing import claims
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.tasks import tasks_of
from zoo.training.reports.baselines import baselines_of_files

if TYPE_CHECKING:
    import keras

    from zoo.data.examples import Examples

_SOME = 8  # sequences to measure the symmetry with


def described(
    config: Config, model: keras.Model, names: tuple[str, ...]
) -> list[Output]:
    """The outputs of all heads of the model, one head after the other.

    Args:
        config: With a [release], whose `outputs` they are, if it has some.
        model: Whose outputs, in its order.
        names: Of the data's outputs.
    """
    release, tasks = config.release, tasks_of(config)
    assert release is not None
    said = release.descriptions
    if release.outputs:
        return [
            replace(output, description=said.get(output.name, output.description))
            for output in release.outputs
        ]
    pairing = config.training.partners.get("targets")
    partner = dict(zip(names, names, strict=True))
    if pairing is not None:
        partner = {
            name: names[other] for name, other in zip(names, pairing, strict=True)
        }
    elif release.symmetry == "none":
        partner = {}
    found = []
    for head in outputs_of(model) if config.heads else [""]:
        task, groups = tasks[head], config.head(head).groups(names)
        named = {frozenset(group): "_".join(group) for group in groups}
        for group in groups:
            other = named.get(frozenset(partner.get(each, "") for each in group))
            name = "_".join(group)
            about = said.get(name, "")
            found.append(Output(name, task.units, task.activation, other, about))
    return found


def check_release(config: Config, examples: Examples) -> None:
    """Refuses what the release would say of the run that it cannot.

    Raises:
        ConfigError: [release] does not fit the data or names a file that cannot be
            used, or the arguments of the model cannot be written.
    """
    release, length = config.release, examples.sequence_length
    if release is None:
        return
    if release.genome is not None and not config.path(release.genome).is_file():
        raise ConfigError(
            "release.genome: expected a FASTA file. Received: "
            f"{config.path(release.genome)}, which is none."
        )
    baselines_of_files(config)
    if not is_plain(list(config.model.arguments.values())):
        raise ConfigError(
            "model.arguments: expected numbers of 64 bits, texts and lists of them, as "
            f"a [release] holds nothing else. Received: {config.model.arguments!r:.200}"
        )
    if release.min_length is not None and not 1 <= release.min_length <= length:
        raise ConfigError(
            f"release.min_length: expected 1 to the {length} bp that the model is "
            f"trained on. Received: {release.min_length}"
        )


def check_outputs(config: Config, model: keras.Model, examples: Examples) -> None:
    """Refuses what the release would say of the outputs of the model that it cannot.

    Raises:
        ConfigError: It names or describes others or in another order, with activations
            by which the losses do not learn, or calls a model equivariant which is
            not: no training makes it so.
    """
    release = config.release
    if release is None:
        return
    outputs, heads = described(config, model, examples.outputs), heads_of(model)
    try:
        claims.check_outputs(outputs, heads)
    except InputError as error:
        raise ConfigError(f"release.outputs: {error}") from None
    known = dict.fromkeys(output.name for output in outputs)
    unknown = [name for name in release.descriptions if name not in known]
    if unknown:
        raise ConfigError(
            "release.descriptions: expected names of the release's outputs, "
            f"{', '.join(map(repr, known))}. Received: {', '.join(map(repr, unknown))}"
        )
    tasks, left = tasks_of(config), iter(outputs)
    for head in heads:
        task = tasks[head.name if config.heads else ""]
        names = config.head(head.name).names(examples.outputs)
        mine = list(itertools.islice(left, head.num_outputs))
        given = tuple(output.name for output in mine)
        if given != names and sorted(given) == sorted(names):
            raise ConfigError(
                "release.outputs: expected the order of the data's outputs, "
                f"{', '.join(names)}. Received: {', '.join(given)}"
            )
        for output in mine:
            if output.activation != task.activation:
                raise ConfigError(
                    f"release.outputs: expected the activation {task.activation!r} for "
                    f"{output.name!r}, by which {task.loss} learns. Received: "
                    f"{output.activation!r}"
                )
    if release.symmetry != "equivariant":
        return
    try:
        rows = np.arange(min(len(examples), _SOME))
        claims.check_symmetry(
            model, release.symmetry, list(map(asdict, outputs)), examples.codes(rows)
        )
    except InputError as error:
        raise ConfigError(f"release.{error}") from None
