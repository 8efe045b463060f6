"""Where a run is followed: history.csv, TensorBoard, trackers."""

from __future__ import annotations

import csv
import importlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from zoo.training.configuration.config import Config
from zoo.training.configuration.content import to_content
from zoo.training.distribution.strategy import is_chief


class HistoryFile(keras.callbacks.CSVLogger):
    """Keras's CSVLogger, with the seconds of each epoch, exact across restarts.

    Args:
        path: The CSV file: epoch (from 1), what Keras logs, and seconds, those
            before a restart within the epoch left out.
        clock: Tells seconds.
    """

    # Not with append=True: rows that were written after the checkpoint that a run goes
    # on from would be there twice. The file is begun anew with the checkpoint's rows.

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(path)
        self.clock = clock
        self._began = clock()

    def on_train_begin(self, logs: Any = None) -> None:
        """Opens the file; only the chief has one."""
        if not is_chief(self.model):
            self.filename = os.devnull
        super().on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Takes the time."""
        self._began = self.clock()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Adds a row."""
        seconds = round(self.clock() - self._began, 3)
        super().on_epoch_end(epoch + 1, {**(logs or {}), "seconds": seconds})

    def state(self) -> dict[str, Any]:
        """The text of the file, for a checkpoint."""
        with Path(self.filename).open(encoding="utf-8", newline="") as file:
            return {"text": file.read()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on with the rows of a checkpoint."""
        self.csv_file.write(state["text"])
        self.csv_file.flush()
        self.append_header = not state["text"]

    def close(self) -> None:
        """Closes the file where training was broken off."""
        self.on_train_end()


def training_seconds(path: Path) -> float:
    """What the epochs of a history.csv took together; 0 where it does not say."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return sum(float(row["seconds"]) for row in csv.DictReader(file))
    except (OSError, KeyError, TypeError, ValueError):
        return 0.0


def tracker(name: str, config: Config, folder: Path) -> keras.callbacks.Callback:
    """Sends each epoch's logs to a service that the user has installed.

    Args:
        name: "wandb" or "mlflow".
        config: The run's configuration; sent along.
        folder: The run's, for what the service keeps on this machine.
    """
    service: Any = importlib.import_module(name)
    title, content = f"{config.name}-{config.seed}", to_content(config)
    if name == "wandb":
        log, end = service.log, service.finish
    else:
        log, end = service.log_metrics, service.end_run

    def begin(logs: Any) -> None:
        if name == "wandb":
            place = str(folder)
            service.init(project="seqzoo", name=title, config=content, dir=place)
        else:
            service.start_run(run_name=title)
            service.log_params({"config": json.dumps(content)[:5_000]})

    return keras.callbacks.LambdaCallback(
        on_train_begin=begin,
        on_epoch_end=lambda epoch, logs: log(
            {key: float(value) for key, value in logs.items()}, step=epoch + 1
        ),
        on_train_end=lambda logs: end(),
    )


def followers(config: Config, folder: Path) -> list[keras.callbacks.Callback]:
    """The callbacks that the configuration asks for; see `require_packages`."""
    found: list[keras.callbacks.Callback] = [
        tracker(name, config, folder) for name in config.logging.trackers
    ]
    if config.logging.tensorboard:
        found.append(keras.callbacks.TensorBoard(str(folder / "tensorboard")))
    return found
