"""How many steps Keras was told to take of a data set."""

from __future__ import annotations

import sys

_METHODS = ("fit", "evaluate", "predict")
_DEPTH = 12  # frames; Keras has four or five between its method and the data set


def steps_of_keras() -> tuple[int | None, str]:
    """What `model.fit` and its like, which call the caller, were told.

    Keras tells a data set where epochs begin and end, but not after how many of its
    batches; the iterator that calls it knows.

    Returns:
        `steps_per_epoch`, `validation_steps` or `steps`, None without, and the method
        of the model.
    """
    steps: int | None = None
    frame = sys._getframe(1).f_back
    for _ in range(_DEPTH):
        if frame is None:
            break
        iterator = frame.f_locals.get("self")
        if hasattr(iterator, "data_adapter"):
            steps = getattr(iterator, "steps_per_epoch", None)
        if frame.f_code.co_name in _METHODS:
            return steps, frame.f_code.co_name
        frame = frame.f_back
    return steps, _METHODS[0]
