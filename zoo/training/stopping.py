"""Stop when a metric gets no better; keep the best weights, with a table of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import keras

from registry.files import replaced, user_path
from zoo.errors import InputError, check_at_least
from zoo.files.output import open_output
from zoo.models.weights import save_weights

Mode = Literal["min", "max"]

# Words that metrics of the field and of Keras have in their names.
_HIGHER = (
    "auroc", "auprc", "auc", "mcc", "pearson", "spearman", "accuracy", "acc",
    "precision", "recall", "f1", "f1_score", "r2", "r2_score", "correlation",
    "cosine_similarity",
)  # fmt: skip
_LOWER = (
    "loss", "mse", "mae", "rmse", "error", "crossentropy", "poisson", "divergence",
    "likelihood",
)  # fmt: skip


def better(monitor: str) -> Mode:
    """Whether a quantity of the logs is better when it is higher or lower.

    By its name: `val_auroc`, `pearson_1`, `val_head_auprc` are "max"; losses and
    errors, negative log likelihoods among them, are "min".

    Raises:
        InputError: The name says neither.
    """
    name = "_" + monitor.lower().rstrip("0123456789").rstrip("_") + "_"
    for words, mode in ((_LOWER, "min"), (_HIGHER, "max")):
        # An error of an AUROC is an error: what comes last in a name decides.
        if any(name.endswith(f"_{word}_") for word in words):
            return mode  # type: ignore[return-value]
    for words, mode in ((_LOWER, "min"), (_HIGHER, "max")):
        if any(f"_{word}_" in name for word in words):
            return mode  # type: ignore[return-value]
    raise InputError(
        "Expected the name of a metric that is known to be better when higher (AUROC, "
        f"Pearson, ...) or lower (losses, errors). Received: {monitor!r}. Say "
        "which: early_stopping(mode='max') or BestWeights(mode='max'), or 'min'."
    )


def early_stopping(
    monitor: str = "val_loss",
    *,
    patience: int = 10,
    mode: Mode | None = None,
    min_delta: float = 0.0,
) -> keras.callbacks.EarlyStopping:
    """Keras's EarlyStopping, with the direction of the field's metrics.

    Keras itself refuses metrics that it does not know, such as AUROC or Pearson. The
    best weights are put back at the end. Its memory is part of a checkpoint.

    Args:
        monitor: A name of the logs.
        patience: Epochs without improvement before it stops.
        mode: "max" or "min"; by default `better(monitor)`.
        min_delta: Smaller changes are no improvement.
    """
    return keras.callbacks.EarlyStopping(
        monitor=monitor,
        patience=patience,
        mode=mode or better(monitor),
        min_delta=min_delta,
        restore_best_weights=True,
    )


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epochs, and a table of them.

        FOLDER/best.tsv                   rank, epoch (from 1), value, file
        FOLDER/epoch-0007.weights.h5      as `zoo.models.weights.load_weights` reads
        them

    An epoch without the value, or where it is NaN, is passed over; of equal values the
    earlier epoch is better. With averages of weights, put it behind
    `zoo.training.ema_callback()`. It remembers across a restart.

    Args:
        folder: Made if missing.
        monitor: A name of the logs.
        keep: How many epochs.
        mode: "max" or "min"; by default `better(monitor)`.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        monitor: str = "val_loss",
        *,
        keep: int = 3,
        mode: Mode | None = None,
    ) -> None:
        super().__init__()
        check_at_least(1, keep=keep)
        self.folder = user_path(folder)
        self.monitor = monitor
        self.keep = keep
        self.mode = mode or better(monitor)
        self.table: list[tuple[float, int]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Forgets an earlier training."""
        self.table = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Keeps the weights if they are among the best."""
        from zoo.training.checkpointing.checkpoints import is_chief

        value = float((logs or {}).get(self.monitor, "nan"))
        if value != value:
            return
        sign = -1 if self.mode == "max" else 1
        table = sorted([*self.table, (value, epoch)], key=lambda r: (sign * r[0], r[1]))
        self.table = table[: self.keep]
        if not is_chief(self.model):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if (value, epoch) in self.table:
            with replaced(self.folder / _file(epoch)) as temporary:
                save_weights(self.model, temporary)
        self._write()
        for _, worse in set(table) - set(self.table):
            (self.folder / _file(worse)).unlink(missing_ok=True)

    @property
    def value(self) -> float:
        """Of the best epoch; NaN if none had one."""
        return self.table[0][0] if self.table else float("nan")

    @property
    def path(self) -> Path:
        """The weights of the best epoch.

        Raises:
            InputError: No epoch had a value.
        """
        if not self.table:
            raise InputError(
                f"Expected a value of {self.monitor!r} in the logs of an epoch. "
                "Received none: choose another monitor, or look at history.csv."
            )
        return self.folder / _file(self.table[0][1])

    def state(self) -> dict[str, Any]:
        """The table, for a checkpoint."""
        return {"table": [list(row) for row in self.table]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on with a table of a checkpoint."""
        self.table = [(value, epoch) for value, epoch in state["table"]]

    def _write(self) -> None:
        with open_output(self.folder / "best.tsv") as text:
            text(f"rank\tepoch\t{self.monitor}\tfile\n")
            for rank, (value, epoch) in enumerate(self.table, start=1):
                text(f"{rank}\t{epoch + 1}\t{value!r}\t{_file(epoch)}\n")


def _file(epoch: int) -> str:
    return f"epoch-{epoch + 1:04d}.weights.h5"
