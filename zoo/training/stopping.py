"""The direction of a metric, and the weights of the epochs where it was best."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import keras

from registry.files import replaced, user_path
from zoo.errors import InputError, check_at_least, check_choice
from zoo.files.output import open_output
from zoo.models.weights import save_weights

Mode = Literal["min", "max"]


def better(monitor: str, metrics: Iterable[keras.metrics.Metric] = ()) -> Mode:
    """Whether a quantity of the logs is better when it is higher or lower.

    Losses are "min". A metric says it itself, by the attribute `_direction` that all of
    Keras's and of `zoo.metrics` have. Keras gives it no public name, but its callbacks'
    `mode="auto"` reads it as well, in 3.12 as in 3.15.

    Args:
        monitor: A name of the logs: with "val_" and, of several outputs, with the name
            of the output in front of that of the metric.
        metrics: Those of the model.

    Raises:
        InputError: It is no loss, and no metric of that name says it.
    """
    name = monitor.removeprefix("val_")
    named = {m.name: getattr(m, "_direction", "") for m in metrics} | {"loss": "down"}
    for known in sorted(named, key=len, reverse=True):
        if named[known] and f"_{name}".endswith(f"_{known}"):
            return "max" if named[known] == "up" else "min"
    raise InputError(
        "Expected a loss, or a metric that says in which direction it is better. "
        f"Received: {monitor!r}. Say it: BestWeights(mode='max'), or 'min'."
    )


def _metrics(model: keras.Model) -> list[keras.metrics.Metric]:
    """Of a compiled model, those within Keras's own lists of metrics, too."""
    return [m for one in model.metrics for m in (one, *getattr(one, "metrics", ()))]


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epochs, and a table of them.

        FOLDER/best.tsv                   rank, epoch (from 1), value, file
        FOLDER/epoch-0007.weights.h5      as `zoo.models.weights` reads them

    An epoch without the value, or where it is NaN, is passed over; of equal values the
    earlier epoch is better. With averages of weights, put it behind
    `zoo.training.ema_callback()`. It remembers across a restart.

    Args:
        folder: Made if missing.
        monitor: A name of the logs.
        keep: How many epochs.
        mode: "max" or "min"; by default what Keras knows of the metric.
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
        check_choice("mode", mode, (None, "min", "max"))
        self.folder = user_path(folder)
        self.monitor = monitor
        self.keep = keep
        self.mode = mode
        self.table: list[tuple[float, int]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Forgets an earlier training."""
        self.table = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Keeps the weights if they are among the best."""
        from zoo.training.distribution.strategy import is_chief

        value = float((logs or {}).get(self.monitor, "nan"))
        if value != value:
            return
        if self.mode is None:
            self.mode = better(self.monitor, _metrics(self.model))
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
