"""Where a run is followed: history.csv, TensorBoard, trackers."""

from __future__ import annotations

import csv
import importlib
import io
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from zoo.files.output import open_output
from zoo.training.configuration.config import Config
from zoo.training.configuration.config_file import to_content


class HistoryFile(keras.callbacks.Callback):
    """Writes the logs of all epochs, those before a restart too, after each epoch.

    Args:
        path: Of the CSV file: epoch (from 1), what Keras logs, and seconds, those
            before a restart within the epoch left out.
        clock: Tells seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.path, self.clock = path, clock
        self.rows: list[dict[str, float]] = []
        self._began = clock()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Takes the time."""
        self._began = self.clock()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the file anew, whole or not at all."""
        row = {name: float(value) for name, value in (logs or {}).items()}
        row = {"epoch": epoch + 1} | row
        row["seconds"] = round(self.clock() - self._began, 3)
        self.rows = [*self.rows[:epoch], row]
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        with open_output(self.path) as write:
            write(text.getvalue())

    def state(self) -> dict[str, Any]:
        """The rows, for a checkpoint."""
        return {"rows": json.dumps(self.rows)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on with the rows of a checkpoint."""
        self.rows = json.loads(state["rows"])


def training_seconds(path: Path) -> float:
    """What the epochs of a history.csv took together; 0 where it does not say."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return sum(float(row["seconds"]) for row in csv.DictReader(file))
    except (OSError, KeyError, TypeError, ValueError):
        return 0.0


class Tracker(keras.callbacks.Callback):
    """Sends each epoch's logs to a service that the user has installed.

    Args:
        name: "wandb" or "mlflow".
        config: Of the run; sent along.
        folder: Of the run, for what the service keeps on this machine.
    """

    def __init__(self, name: str, config: Config, folder: Path) -> None:
        super().__init__()
        self.service: Any = importlib.import_module(name)
        self.name, self.config, self.folder = name, config, folder

    def on_train_begin(self, logs: Any = None) -> None:
        """Starts a run of the service."""
        content = to_content(self.config)
        if self.name == "wandb":
            self.service.init(
                project="seqzoo",
                name=f"{self.config.name}-{self.config.seed}",
                config=content,
                dir=str(self.folder),
            )
        else:
            self.service.start_run(run_name=f"{self.config.name}-{self.config.seed}")
            self.service.log_params({"config": json.dumps(content)[:5_000]})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Sends the logs."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        if self.name == "wandb":
            self.service.log(values, step=epoch + 1)
        else:
            self.service.log_metrics(values, step=epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Ends the run of the service."""
        if self.name == "wandb":
            self.service.finish()
        else:
            self.service.end_run()


def followers(config: Config, folder: Path) -> list[keras.callbacks.Callback]:
    """The callbacks that the configuration asks for; see `require_packages`."""
    found: list[keras.callbacks.Callback] = [
        Tracker(name, config, folder) for name in config.logging.trackers
    ]
    if config.logging.tensorboard:
        found.append(keras.callbacks.TensorBoard(str(folder / "tensorboard")))
    return found
