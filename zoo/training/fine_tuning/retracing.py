"""What has to follow when other variables of a compiled model become trainable."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import keras

from zoo.training.distribution.strategy import scope_of
from zoo.training.fine_tuning.per_layer import variant


def recompile(model: keras.Model, beginnings: dict[str, int] | None = None) -> None:
    """Goes on with the variables that are trainable now, in the midst of `fit`.

    A compiled training step and, on JAX, its optimizer know the variables that were
    trainable before. Both are made anew. Variables that were trainable keep their
    optimizer state (moments, averages); the count of steps and the learning rate go
    on. Of variables that are new to it the state begins at zero, and their own steps
    are counted from now (see `PerVariable` of `zoo.training.fine_tuning.per_layer`).
    Loss and metrics stay as they are.

    Args:
        model: Compiled.
        beginnings: When each variable's own steps began, if an earlier run knows it.
    """
    old = model.optimizer
    if beginnings is None:
        beginnings = _beginnings(old, model.trainable_variables)
    with scope_of(model):
        new = variant(old, beginnings=beginnings)
        new.build(model.trainable_variables)
    if old.built:
        _copy_state(old, new)
    for name in ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern"):
        if hasattr(_inner(old), name):  # the configuration does not tell
            setattr(_inner(new), name, getattr(_inner(old), name))
    model.optimizer = new
    model.make_train_function(force=True)


def knows(optimizer: Any, variables: list[Any]) -> bool:
    """Whether an optimizer was built for these variables."""
    known = optimizer._trainable_variables if optimizer.built else []
    return [id(v) for v in known] == [id(v) for v in variables]


def _inner(optimizer: Any) -> Any:
    return getattr(optimizer, "inner_optimizer", optimizer)


def beginnings(optimizer: Any) -> dict[str, int]:
    """By a variable's path, how many steps were made before its own first."""
    return dict(getattr(_inner(optimizer), "beginnings", {}))


def _beginnings(old: Any, variables: list[Any]) -> dict[str, int]:
    if not old.built:
        return {}
    steps = int(keras.ops.convert_to_numpy(old.iterations))
    known = beginnings(old)
    before = {v.path: known.get(v.path, 0) for v in old._trainable_variables}
    found = {v.path: before.get(v.path, steps) for v in variables}
    return {path: step for path, step in found.items() if step}


def _copy_state(old: Any, new: Any) -> None:
    """Copies what both have, by name; of equal names by order, if all are there."""
    before, after = _by_path(old), _by_path(new)
    copied = set()
    for path, variables in after.items():
        if len(variables) == len(before[path]):
            for variable, value in zip(variables, before[path], strict=True):
                variable.assign(value)
                copied.add(id(variable))
    inner = _inner(new)
    if inner.use_ema:
        averages = inner._model_variables_moving_average
        for variable, average in zip(inner._trainable_variables, averages, strict=True):
            # Only at the first step of all would Keras begin with the value itself.
            if id(average) not in copied:
                # A copy: JAX gives the memory of both away, and can do so once.
                average.assign(keras.ops.copy(variable.value))


def _by_path(optimizer: Any) -> defaultdict[str, list[Any]]:
    # The members of an ensemble have layers of the same names.
    found = defaultdict(list)
    for variable in optimizer.variables:
        found[variable.path].append(variable)
    return found
