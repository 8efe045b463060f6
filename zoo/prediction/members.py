"""An ensemble's members, each by itself: how far do they agree?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.models.ensembles import members
from zoo.prediction.sequences import predict

if TYPE_CHECKING:
    import keras


def predict_members(
    model: keras.Model,
    sequences: Any,
    *,
    batch_size: int = 256,
    activation: str | None = None,
    min_length: int | None = None,
    window: int | str | None = None,
) -> npt.NDArray[np.float32]:
    """What each member predicts: their spread tells how far they agree.

    Args:
        model: As of `members`; of one input and one output.
        sequences: As of `zoo.predict`; so are the other arguments.
        batch_size: Sequences a batch.
        activation: A name of `keras.activations` to apply to the output.
        min_length: Shortest sequence in bp to predict.
        window: bp that longer sequences are cut to, "full" for none.

    Returns:
        (member, sequence, output), or (member, sequence, bin, output) for profiles.
        The mean over the members is what the ensemble predicts, with
        average="logits".

    Raises:
        InputError: As `members` and `zoo.predict`.
    """
    found = members(model)
    if isinstance(sequences, Iterator):
        sequences = list(sequences)  # each member reads them
    return np.stack(
        [
            predict(
                member,
                sequences,
                batch_size=batch_size,
                activation=activation,
                min_length=min_length,
                window=window,
            )
            for member in found
        ]
    )
