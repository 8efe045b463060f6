"""Checkpoints while a model trains: all of a run, so that it goes on exactly."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from registry.errors import SeqzooError
from registry.files import user_path
from zoo.errors import InputError, check_at_least
from zoo.training.checkpointing import run_state
from zoo.training.checkpointing.checkpoint_file import (
    CheckpointError,
    changes,
    checkpoints,
    locked,
    newest,
    remove,
    write,
)
from zoo.training.distribution.strategy import is_chief, scope_of

logger = logging.getLogger("seqzoo")

_SHOWN = 6  # differences listed in an error
_SIGNALS = ("SIGINT", "SIGTERM")


class TrainingStopped(SeqzooError, RuntimeError):
    """Training cannot go on: the loss or the weights are not finite."""


class TrainingInterrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C or SIGTERM, after a checkpoint was written."""


class Checkpoint(keras.callbacks.Callback):
    """Writes all that a run is, every so many steps and epochs.

    Weights, the optimizer (iterations, moments, averages of weights, loss scale),
    random state of layers, of Keras, NumPy and Python, metrics within the epoch, epoch
    and step, logs of earlier epochs and what callbacks remember. Written whole or not
    at all, by one process (the chief) of several; older ones are removed only then.
    Plain HDF5 and JSON with checksums: nothing in them can run code.

    `zoo.training.fit(..., checkpoint=Checkpoint(folder))` writes them and goes on from
    the newest. In plain `model.fit` put it last among the callbacks; it then only
    writes, and `zoo.training.fit` goes on.

    Training stops at once where the loss or a weight is not finite; the last
    checkpoint is then from before. `steps_per_execution` steps count as one moment.

    Args:
        folder: For this run alone; made if missing. On several machines, a shared one.
        every_steps: Steps between checkpoints, beside those of epochs; None for none.
        every_epochs: Epochs between checkpoints. The last is always written.
        keep: How many are kept.
        watch: Callbacks of plain `model.fit` whose memory is kept; `zoo.training.fit`
            sets it.

    Raises:
        InputError: A number below 1.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        every_steps: int | None = None,
        every_epochs: int = 1,
        keep: int = 2,
        watch: Sequence[Any] = (),
    ) -> None:
        super().__init__()
        check_at_least(1, every_epochs=every_epochs, keep=keep, every_steps=every_steps)
        self.folder = user_path(folder)
        self.every_steps = every_steps
        self.every_epochs = every_epochs
        self.keep = keep
        self.watch = list(watch)
        self.steps = 0
        self.logs: list[dict[str, float]] = []
        self._signal: str | None = None
        self._found: dict[str, Any] | None = None
        self._good: list[Path] = []
        self._driven = False
        self._epoch = self._offset = self._saved = 0

    @property
    def last(self) -> Path | None:
        """The newest checkpoint that this object read or wrote."""
        return self._good[-1] if self._good else None

    @property
    def first_step(self) -> int:
        """Batches of this epoch that an earlier run has done."""
        return self._offset

    @contextlib.contextmanager
    def running(self, steps: int, *, chief: bool, alone: bool) -> Iterator[list[int]]:
        """Around one call of `zoo.training.fit`: reads the newest, heeds Ctrl-C.

        Args:
            steps: Batches per epoch.
            chief: Whether this process writes.
            alone: Whether there is no other worker, so that this one may stop.

        Yields:
            Epoch and step where training begins, and 1 if it had ended by itself.
        """
        self._driven, self.steps, self._signal = True, steps, None
        with contextlib.ExitStack() as stack:
            if chief:
                stack.enter_context(locked(self.folder))
            found = newest(self.folder)
            self._found, self._good, start = None, [], [0, 0, 0]
            if found is not None:
                path, self._found = found
                older = checkpoints(self.folder)
                self._good = older[: older.index(path) + 1]
                at = self._found["position"]
                start = [at["epoch"], at["step"], int(at["stopped"])]
                logger.info("Going on from %s: %s", path, _where(*start[:2]))
            if alone and threading.current_thread() is threading.main_thread():
                stack.enter_context(self._heeding())
            yield start
        self._driven = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Restores the run, or starts one."""
        if not self._driven:
            self.steps, self._found, self._good = (
                self.params.get("steps") or 0,
                None,
                [],
            )
            if checkpoints(self.folder):
                raise CheckpointError(
                    f"{self.folder} holds checkpoints of an earlier run. Go on with "
                    "zoo.training.fit(model, data, epochs=..., checkpoint=...), or "
                    "choose another folder."
                )
        if not self.steps:
            raise InputError(
                "Expected data that knows how many batches an epoch has, to say where "
                "a checkpoint is. Use examples.batches(...), or give steps_per_epoch."
            )
        self._identity = _identity(self.model)
        self.logs, self._saved, self._offset = [], 0, 0
        if self._found is not None:
            self._restore(self._found)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Metrics go on from where they were within the epoch."""
        self._epoch, self._offset = epoch, 0
        if self._found is not None:
            at = self._found["position"]
            if (at["epoch"], at["step"] > 0) == (epoch, True):
                self._offset = at["step"]
                metrics = run_state.variables(self.model)["metrics"]
                _check(self._found["metrics"], metrics, "metric")
                run_state.assign(metrics, self._found["metrics"])
            self._found = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops at a loss that is not finite, or saves."""
        step = self._offset + batch + 1
        self._check_loss(logs, step)
        if step >= self.steps:
            return  # the end of the epoch saves, after validation
        total = self._epoch * self.steps + step
        every = self.every_steps
        if self._signal or (every and total // every > self._saved // every):
            self._save(self._epoch, step, stopped=False)
            self._leave_if_asked(self._epoch, step)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves."""
        self._check_loss(logs, self.steps)
        self.logs.append({name: float(value) for name, value in (logs or {}).items()})
        total, every = (epoch + 1) * self.steps, self.every_steps
        stopped = bool(self.model.stop_training)
        last = stopped or epoch + 1 == self.params["epochs"]
        due = (epoch + 1) % self.every_epochs == 0 or (
            every is not None and total // every > self._saved // every
        )
        if last or due or self._signal:
            self._save(epoch + 1, 0, stopped=stopped)
        if not last:
            self._leave_if_asked(epoch + 1, 0)

    def _save(self, epoch: int, step: int, *, stopped: bool) -> None:
        groups = run_state.variables(self.model)
        # Every worker reads: some variables are sums over all of them.
        values = {name: run_state.capture(group) for name, group in groups.items()}
        for address, array in values["weights"].items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise TrainingStopped(
                    f"The weights {address} are not finite {_where(epoch, step)}. "
                    f"{self._kept()} {_ADVICE}"
                )
        self._saved = epoch * self.steps + step
        if not is_chief(self.model):
            return
        content = {
            "format": 1,
            "position": {"epoch": epoch, "step": step, "stopped": stopped},
            "identity": {**self._identity, "steps": self.steps},
            **values,
            "generators": run_state.generators(),
            "callbacks": run_state.callbacks_state(self.watch),
            "logs": self.logs,
        }
        try:
            self._good.append(write(self.folder, content))
        except CheckpointError as error:
            raise CheckpointError(f"{error} {self._kept()}") from error
        kept = set(self._good[-self.keep :])
        for path in checkpoints(self.folder):
            if path not in kept:
                remove(path)
        self._good = self._good[-self.keep :]

    def _restore(self, found: Mapping[str, Any]) -> None:
        identity = {**self._identity, "steps": self.steps}
        lines = [
            f"{place}: {before!r} in the checkpoint, {now!r} now"
            for place, before, now in changes(
                found["identity"], json.loads(json.dumps(identity))
            )
        ]
        run_state.prepare_callbacks(self.watch, found["callbacks"], self.model)
        if not self.model.optimizer.built:
            with scope_of(self.model):
                self.model.optimizer.build(self.model.trainable_variables)
        groups = run_state.variables(self.model)
        del groups["metrics"]
        for name, group in groups.items():
            lines += run_state.differences(found[name], group, name)
        if lines:
            more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
            raise CheckpointError(
                f"{self.last} is of another model or configuration: "
                f"{'; '.join(lines[:_SHOWN])}{more}. Build and compile the model as it "
                "was, or start in another folder."
            )
        for name, group in groups.items():
            run_state.assign(group, found[name])
        run_state.restore_generators(found["generators"])
        run_state.restore_callbacks(self.watch, found["callbacks"])
        self.logs = list(found["logs"])
        at = found["position"]
        self._saved = at["epoch"] * self.steps + at["step"]

    def _check_loss(self, logs: Mapping[str, Any] | None, step: int) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            raise TrainingStopped(
                f"The loss is {loss} after step {step} of epoch {self._epoch + 1}. "
                f"{self._kept()} {_ADVICE}"
            )

    def _kept(self) -> str:
        if self.last is None:
            return "There is no checkpoint from before."
        return f"The last good checkpoint is {self.last}."

    def _leave_if_asked(self, epoch: int, step: int) -> None:
        if self._signal:
            raise TrainingInterrupted(
                f"Training was stopped by {self._signal} {_where(epoch, step)}, "
                f"saved in {self.last}. Start it again as before to go on from there."
            )

    @contextlib.contextmanager
    def _heeding(self) -> Iterator[None]:
        """The first signal ends training at the next step; the second at once."""

        def heed(number: int, frame: Any) -> None:
            if self._signal:
                raise KeyboardInterrupt
            self._signal = signal.Signals(number).name
            print(
                f"{self._signal}: saving after this step, then stopping; once more to "
                "stop at once.",
                file=sys.stderr,
            )

        before = {
            number: signal.signal(number, heed)
            for number in (getattr(signal, name) for name in _SIGNALS)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


_ADVICE = "Try a lower learning rate, gradient clipping or a longer warm-up."


def _where(epoch: int, step: int) -> str:
    return f"in epoch {epoch + 1} after step {step}" if step else f"after epoch {epoch}"


def _check(expected: Any, found: Mapping[str, Any], kind: str) -> None:
    lines = run_state.differences(expected, found, kind)
    if lines:
        raise CheckpointError(
            "The metrics are not those of the checkpoint: "
            f"{'; '.join(lines[:_SHOWN])}. Compile the model as it was."
        )


def _identity(model: keras.Model) -> dict[str, Any]:
    """What must be the same for training to go on exactly."""
    config = model.get_compile_config()
    return {name: _nameless(config[name]) for name in ("optimizer", "loss", "metrics")}


def _nameless(value: Any) -> Any:
    """A config without names, some of which count objects of the process."""
    if isinstance(value, Mapping):
        return {k: _nameless(v) for k, v in value.items() if k != "name"}
    if isinstance(value, (list, tuple)):
        return [_nameless(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return type(value).__name__
