"""The layers of a model in groups, from the input to the head, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

import keras

from zoo.errors import InputError
from zoo.models.creation import called
from zoo.models.loading import is_fixed, is_head
from zoo.models.weights import layers

HEAD = "head"
ALL = "all"
_GROUP = re.compile(r"[^_]+(_\d+(?=_|$))?")


def layer_groups(model: keras.Model) -> dict[str, list[keras.layers.Layer]]:
    """Groups the layers that have weights by the beginning of their names.

    The group of a layer is the first word of its name and the first number behind it:
    "stem_conv" and "stem_norm" are "stem", "tower_2_1_conv" is "tower_2",
    "head_logits" is "head". Layers of models inside the model, such as the members of
    an ensemble, are in the group of their own name, that of all members. Layers that
    no training changes, "bias_...", are in none.

    Args:
        model: Any model whose layers have names that begin like this.

    Returns:
        The layers of each group, the groups in the order in which they are computed,
        with the head last.
    """
    groups: dict[str, list[keras.layers.Layer]] = {}
    for _, layer in layers(model):
        found = _GROUP.match(layer.name)
        name = HEAD if is_head(layer) else found[0] if found else layer.name
        if layer.weights and not is_fixed(layer):
            groups.setdefault(name, []).append(layer)
    if HEAD in groups:
        groups[HEAD] = groups.pop(HEAD)
    return groups


def select(model: keras.Model, names: str | Iterable[str]) -> set[str]:
    """The groups that are meant by "all", by a group's name, or by its first word.

    Raises:
        InputError: A name means no group of the model.
    """
    groups = layer_groups(model)
    chosen: set[str] = set()
    for name in [names] if isinstance(names, str) else names:
        meant = {g for g in groups if name in (ALL, g, g.partition("_")[0])}
        if not meant:
            raise InputError(
                f"Expected {ALL!r} or names of groups of layers, of which "
                f"{called(model)} has {', '.join(groups)}. Received: {name!r}"
            )
        chosen |= meant
    return chosen


def is_batch_normalization(layer: keras.layers.Layer) -> bool:
    """Whether a layer keeps moving statistics of its batches."""
    from zoo.layers import RCBatchNormalization

    return isinstance(layer, (keras.layers.BatchNormalization, RCBatchNormalization))


def make_trainable(layer: keras.layers.Layer, trainable: bool) -> None:
    """Sets a layer and all of its variables, also those that were set one by one."""
    # On TensorFlow, setting an attribute to what it is does nothing.
    layer.trainable = not trainable
    layer.trainable = trainable
