"""What a task means: its loss, its metrics, and from logits to units."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from zoo.training.configuration.config import Config, ConfigError


@dataclass(frozen=True)
class Task:
    """One kind of prediction.

    Attributes:
        losses: Classes of `zoo.losses`, from logits, the usual one first.
        metrics: Classes of `zoo.metrics`, from logits.
        units: The outputs' units.
        loss: The one that is used.
    """

    losses: tuple[str, ...]
    metrics: tuple[str, ...]
    units: str
    loss: str = "auto"

    @property
    def activation(self) -> str:
        """From logits, as the loss takes them, to units; of `keras.activations`."""
        return _ACTIVATIONS[self.loss]


_ACTIVATIONS = {
    "MaskedBinaryCrossentropy": "sigmoid",
    "MaskedCategoricalCrossentropy": "softmax",
    "MaskedLogPoisson": "exponential",
    "MaskedMeanSquaredError": "linear",
}
_BINARY = Task(("MaskedBinaryCrossentropy",), ("AUROC", "AUPRC"), "probability")
_VALUES = ("MaskedMeanSquaredError", "MaskedLogPoisson")
# A correlation of counts with log rates would be no number of the field: a profile's
# is measured after training, on activated predictions.
TASKS = {
    "binary": _BINARY,
    "multi-label": _BINARY,
    "classes": Task(("MaskedCategoricalCrossentropy",), (), "probability"),
    "regression": Task(_VALUES, ("Pearson", "Spearman"), "target"),
    "profile": Task(_VALUES[::-1], (), "signal"),
}


def task_of(config: Config) -> Task:
    """The task of a run, with the loss that it has.

    Raises:
        ConfigError: The loss belongs to another task.
    """
    task, loss = TASKS[config.data.task], config.training.loss
    if loss not in ("auto", *task.losses):
        raise ConfigError(
            f"training.loss: expected auto or one of {', '.join(task.losses)} for the "
            f"task {config.data.task!r}. Received: {loss!r}. Other losses are for "
            "zoo.training.fit, in Python."
        )
    return dataclasses.replace(task, loss=task.losses[0] if loss == "auto" else loss)
