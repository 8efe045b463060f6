"""What a task means: its loss, its metrics, and from logits to units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One kind of prediction.

    Attributes:
        loss: A class of `zoo.losses`, from logits.
        metrics: Classes of `zoo.metrics`, from logits.
        activation: From logits to units, a name of `keras.activations`.
        units: Of the outputs.
    """

    loss: str
    metrics: tuple[str, ...]
    activation: str
    units: str


_BINARY = Task("MaskedBinaryCrossentropy", ("AUROC", "AUPRC"), "sigmoid", "probability")
# A correlation of counts with log rates would be no number of the field: a profile's
# is measured after training, on activated predictions.
TASKS = {
    "binary": _BINARY,
    "multi-label": _BINARY,
    "classes": Task("MaskedCategoricalCrossentropy", (), "softmax", "probability"),
    "regression": Task(
        "MaskedMeanSquaredError", ("Pearson", "Spearman"), "linear", "target"
    ),
    "profile": Task("MaskedLogPoisson", (), "exponential", "signal"),
}
