"""Chooses how substitutions are computed."""

from __future__ import annotations

import keras

from zoo.errors import check_choice
from zoo.interpretation.mutagenesis.full import FullSubstitutions, Substitutions
from zoo.interpretation.targets import Targets

METHODS = ("auto", "full")


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
        method: "auto", or "full" to compute each changed sequence in full.
        batch_size: Sequences per batch; fewer for sequences of more than 2 kb.

    Raises:
        InputError: Another method.
    """
    check_choice("method", method, METHODS)
    return FullSubstitutions(model, targets, batch_size)
