"""Several networks as one: the average of their predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

import registry
from zoo.architectures.members import MAXIMUM_MEMBERS, average_of


def ensemble(
    *,
    sequence_length: int | None = None,
    num_outputs: int = 1,
    members: Sequence[Sequence[Any]] = (("rc_dilated",), ("rc_dilated",)),
    average: str = "logits",
    activation: str = "sigmoid",
) -> keras.Model:
    """The average of networks that were trained with other seeds, folds or designs.

    With f_1 ... f_n the members and s the activation, the logits are

        average="logits"         g = mean_i(f_i)
        average="probabilities"  g with s(g) = mean_i(s(f_i))

    so the output is a logit in both cases. Values, such as activities and log counts,
    are averaged as they are: average="logits".

    `zoo.ensemble` makes it of trained models; `zoo.models.ensembles.members` gives the
    members back. The weights of member i are addressed "member_i/...".

    Args:
        sequence_length: Input length in bp; None for any length.
        num_outputs: Number of logits.
        members: 2 to 100, each an architecture followed by its arguments, but for the
            two above: ["rc_dilated", ["filters", 64], ["units", 0]]. They may differ.
        average: "logits" or "probabilities".
        activation: What leads from logits to probabilities, "sigmoid" or "softmax"
            over the last axis. Used by average="probabilities" only.

    Returns:
        (batch, sequence_length, 4) one-hot ACGT, or what else the members read ->
        (batch, num_outputs) logits, or what else they give.

    Raises:
        ValueError: Members that are not written like this, do not fit together, or
            are ensembles themselves.
        UnknownNameError: There is no such architecture.

    Source:
        Hansen and Salamon 1990, doi:10.1109/34.58871; networks that differ in their
        seeds: Lakshminarayanan et al. 2017, arXiv:1612.01474, who average
        probabilities.
    """
    if not 2 <= len(members) <= MAXIMUM_MEMBERS:
        raise ValueError(
            f"An ensemble has 2 to {MAXIMUM_MEMBERS} members. Received: {len(members)}"
        )
    shape = {"sequence_length": sequence_length, "num_outputs": num_outputs}
    models = []
    for member in members:
        architecture, config = _parsed(member, reserved=shape)
        # Ours, whatever other packages register under that name.
        build = registry.builder(architecture, (registry.OWN,))
        models.append(build(**config, **shape))
    return average_of(models, average=average, activation=activation, name="ensemble")


def _parsed(
    member: Sequence[Any], reserved: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """An architecture's name and arguments."""
    expected = 'an architecture and its arguments, ["rc_dilated", ["filters", 64]]'
    if not isinstance(member, (list, tuple)) or not member:
        raise ValueError(f"A member is {expected}. Received: {member!r:.200}")
    architecture, *pairs = member
    if not isinstance(architecture, str) or not all(map(_is_argument, pairs)):
        raise ValueError(f"A member is {expected}. Received: {member!r:.200}")
    if architecture.rpartition(":")[2] == "ensemble":
        raise ValueError(
            "A member cannot be an ensemble: give its members instead. "
            f"Received: {member!r:.200}"
        )
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names) or set(names) & reserved.keys():
        raise ValueError(
            "A member has each argument once, and sequence_length and num_outputs are "
            f"those of the ensemble. Received: {member!r:.200}"
        )
    return architecture, dict(pairs)


def _is_argument(pair: Any) -> bool:
    return (
        isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str)
    )
