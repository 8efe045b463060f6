"""Chooses how substitutions are computed."""

from __future__ import annotations

import sys
import warnings
import weakref

import keras

from zoo.errors import InputError, check_choice
from zoo.inspection.multiply_adds import multiply_adds
from zoo.interpretation.mutagenesis.full import FullSubstitutions, Substitutions
from zoo.interpretation.mutagenesis.incremental import IncrementalSubstitutions
from zoo.interpretation.mutagenesis.plan import MutationPlan
from zoo.interpretation.targets import Targets
from zoo.models.creation import called
from zoo.models.keras_settings import devices

METHODS = ("auto", "full")
_LEAST_SAVED = 0.1  # of the multiply-adds, for what is else not worth its copies

_told: weakref.WeakSet[keras.Model] = weakref.WeakSet()


def substitutions(
    model: keras.Model,
    targets: Targets,
    *,
    method: str = "auto",
    batch_size: int = 256,
) -> Substitutions:
    """The fastest way that a model allows; all ways give the same values.

    Args:
        model: Any that `zoo.predict` takes.
        targets: Of the model.
        method: "auto" recomputes only what a substitution reaches, on the CPU; a GPU
            computes each changed sequence in full, and so does a CPU where most of a
            model has no rule. "full" does so always.
        batch_size: Sequences per batch of what is in full; fewer for sequences of more
            than 2 kb.

    Raises:
        InputError: Another method.

    Warns:
        UserWarning: Layers have no rule, so that they and what follows are computed in
            full; once for each model.
    """
    check_choice("method", method, METHODS)
    full = FullSubstitutions(model, targets, batch_size)
    if method == "full" or devices()["gpus"]:
        return full
    incremental = IncrementalSubstitutions(model, targets)
    try:
        plan = incremental.plan()
    except InputError:  # no graph, or calls that cannot be followed
        return full
    if plan.unknown and model not in _told:
        _told.add(model)
        warnings.warn(
            f"{called(model)}: there is no rule for {', '.join(plan.unknown)}; what "
            "a mutation does there and in what follows is computed in full.",
            stacklevel=users_level(),
        )
    return incremental if _is_worthwhile(plan) else full


def users_level() -> int:
    """The stack level, seen from the caller, of the line that called this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals["__name__"].startswith("zoo."):
        level, frame = level + 1, frame.f_back
    return level


def _is_worthwhile(plan: MutationPlan) -> bool:
    """Whether enough is not in full, as far as it is known."""
    rest, windows = (
        sum(multiply_adds(call) or 0 for call in calls)
        for calls in (plan.rest, [call for call, _ in plan.calls])
    )
    return windows >= _LEAST_SAVED * (rest + windows)
