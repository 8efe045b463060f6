"""An ensemble's members, each by itself: how far do they agree?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.models.ensembles import members
from zoo.models.interface import all_named, only
from zoo.prediction.forward import Activation
from zoo.prediction.sequences import predict

if TYPE_CHECKING:
    import keras


def predict_members(
    model: keras.Model,
    sequences: Any,
    *,
    batch_size: int = 256,
    activation: Activation = None,
    min_length: int | None = None,
    window: int | str | None = None,
) -> Any:
    """What each member predicts: their spread tells how far they agree.

    Args:
        model: As in `members`.
        sequences: As in `zoo.predict`; so are the other arguments.
        batch_size: Sequences per batch.
        activation: A name to apply to the output, see `zoo.predict`, or such
            names by output.
        min_length: Shortest sequence in bp to predict.
        window: bp that longer sequences are cut to, "full" for none.

    Returns:
        (member, sequence, output), or (member, sequence, bin, output) for profiles; of
        several outputs a dictionary of these, by the output's name.
        The mean over the members is what the ensemble predicts, with
        average="logits".

    Raises:
        InputError: As `members` and `zoo.predict`.
    """
    found = members(model)
    # Each member reads them.
    if isinstance(sequences, Mapping):
        sequences = {name: _repeatable(one) for name, one in sequences.items()}
    sequences = _repeatable(sequences)
    each = [
        all_named(
            predict(
                member,
                sequences,
                batch_size=batch_size,
                activation=activation,
                min_length=min_length,
                window=window,
            )
        )
        for member in found
    ]
    return only({name: np.stack([one[name] for one in each]) for name in each[0]})


def _repeatable(values: Any) -> Any:
    return list(values) if isinstance(values, Iterator) else values
