"""What a task means: its loss, its metrics, and from logits to units."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from zoo.training.configuration.config import Config, ConfigError


@dataclass(frozen=True)
class Task:
    """One kind of prediction.

    Attributes:
        kind: "binary", "multi-label", "classes", "regression" or "profile".
        losses: Classes of `zoo.losses`, from logits, the usual one first.
        metrics: Classes of `zoo.metrics`, from logits.
        units: The outputs' units.
        loss: The one that is used.
        loss_weight: Of it, in the sum of those of all outputs of the model; "auto"
            until the data are known.
    """

    kind: str
    losses: tuple[str, ...]
    metrics: tuple[str, ...]
    units: str
    loss: str = "auto"
    loss_weight: float | Literal["auto"] = 1.0

    @property
    def has_labels(self) -> bool:
        """Whether targets are labels, not values."""
        return self.kind not in ("regression", "profile")

    @property
    def shares(self) -> bool:
        """Whether what is learned is where the reads of a window fall, not how many."""
        return self.loss == SHARES

    @property
    def counts(self) -> bool:
        """Whether what is learned are the logarithms of the reads in each bin."""
        return self.kind == "profile" and self.loss == "MaskedLogPoisson"

    @property
    def activation(self) -> str:
        """From logits, as the loss takes them, to units; see `zoo.predict`."""
        return _ACTIVATIONS[self.loss]


SHARES = "MultinomialNegativeLogLikelihood"
_ACTIVATIONS = {
    "MaskedBinaryCrossentropy": "sigmoid",
    "MaskedCategoricalCrossentropy": "softmax",
    "MaskedLogPoisson": "exponential",
    "MaskedMeanSquaredError": "linear",
    SHARES: "softmax_over_bins",
}
_LABELS = ("MaskedBinaryCrossentropy",), ("AUROC", "AUPRC"), "probability"
_VALUES = ("MaskedMeanSquaredError", "MaskedLogPoisson")
# A correlation of counts with log rates would be no number of the field: a profile's
# is measured after training, on activated predictions. Of shares the distance is one.
_TASKS = (
    Task("binary", *_LABELS),
    Task("multi-label", *_LABELS),
    Task("classes", ("MaskedCategoricalCrossentropy",), (), "probability"),
    Task("regression", _VALUES, ("Pearson", "Spearman"), "target"),
    Task("profile", (*_VALUES[::-1], SHARES), (), "signal"),
)
TASKS = {task.kind: task for task in _TASKS}
_UNITS = {"total": "signal", "log_total": "ln(1 + signal)"}


def tasks_of(config: Config) -> dict[str, Task]:
    """What each output of the model is trained for, by its name in [heads].

    Without [heads] the model has one output, whose name here is "". Losses and metrics
    are those that are used.

    Raises:
        ConfigError: A loss belongs to another task.
    """
    data, training = config.data, config.training
    if not config.heads:
        return {"": _task("training", data.task, training.loss, training.metrics)}
    found = {}
    for name, head in config.heads.items():
        kind: str = head.task
        if kind == "auto":
            kind = data.task if head.targets == "values" else "regression"
        task = _task(f"heads.{name}", kind, head.loss, head.metrics)
        units = task.units if task.has_labels else _UNITS.get(head.targets, task.units)
        found[name] = dataclasses.replace(
            task, units=units, loss_weight=head.loss_weight
        )
    return found


def _task(where: str, kind: str, loss: str, metrics: tuple[str, ...]) -> Task:
    task = TASKS[kind]
    if loss not in ("auto", *task.losses):
        raise ConfigError(
            f"{where}.loss: expected auto or one of {', '.join(task.losses)} for the "
            f"task {kind!r}. Received: {loss!r}. Other losses are for "
            "zoo.training.fit, in Python."
        )
    used = task.losses[0] if loss == "auto" else loss
    usual = ("JensenShannonDistance",) if used == SHARES else task.metrics
    names: list[str] = []
    for name in metrics:
        names += usual if name == "auto" else (name,)
    units = "share" if used == SHARES else task.units
    return dataclasses.replace(task, loss=used, metrics=tuple(names), units=units)
