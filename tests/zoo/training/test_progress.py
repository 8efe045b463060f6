from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

import keras
import pytest

from tests.zoo.training.trainings import examples, tiny
from zoo.training import Checkpoint, Progress, fit

LINE = re.compile(r"epoch (\d+)/(\d+)  loss [\d.]+  val_loss [\d.]+(  [\d,]+ .*)?")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def play(progress: Progress, clock: Clock, epochs: int, steps: int) -> None:
    """What Keras calls: a first step of 10 s, others of 1 s, validation of 4 s."""
    progress.set_model(tiny())
    progress.set_params({"epochs": epochs, "steps": steps})
    progress.on_train_begin()
    for epoch in range(epochs):
        progress.on_epoch_begin(epoch)
        for step in range(steps):
            progress.on_train_batch_begin(step)
            clock.now += 10 if epoch == step == 0 else 1
            progress.on_train_batch_end(step, {"loss": 0.5})
        clock.now += 4
        logs = {"loss": 0.25, "val_loss": 0.75, "val_auroc": 0.875, "auroc": 0.5}
        progress.on_epoch_end(epoch, logs)
    progress.on_train_end()


def test_a_line_an_epoch_with_speed_and_time_left() -> None:
    clock, written = Clock(), []
    progress = Progress(
        1_000, monitor="val_auroc", terminal=False, write=written.append, clock=clock
    )
    play(progress, clock, 3, 20)
    values = "loss 0.2500  val_loss 0.7500  val_auroc 0.8750"
    # 20 steps of 50 sequences: a step a second, and 4 s of validation an epoch.
    assert written == [
        f"epoch 1/3  {values}  50 sequences/s  48 s left",
        f"epoch 2/3  {values}  50 sequences/s  24 s left",
        f"epoch 3/3  {values}  50 sequences/s",
    ]


def test_time_left_is_that_of_all_members() -> None:
    clock, written = Clock(), []
    progress = Progress(
        members=(1, 3), terminal=False, write=written.append, clock=clock
    )
    play(progress, clock, 2, 20)
    begin = "member 1/3, epoch"
    values = "loss 0.2500  val_loss 0.7500"
    # 24 s an epoch: 5 are left, then 4.
    assert written == [
        f"{begin} 1/2  {values}  1.0 steps/s  2 min left",
        f"{begin} 2/2  {values}  1.0 steps/s  96 s left",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    clock = Clock()
    play(Progress(1_000, monitor="val_auroc", clock=clock), clock, 3, 20)
    assert isinstance(sys.stderr, Terminal)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", sys.stderr.getvalue())
    assert "epoch 3/3" in shown
    assert "loss 0.2500  val_loss 0.7500  val_auroc 0.8750 50 sequences/s" in shown


class Break(keras.callbacks.Callback):
    def __init__(self, step: int) -> None:
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.left -= 1
        if not self.left:
            raise ConnectionError("gone")


def test_a_run_that_goes_on_within_an_epoch_counts_from_there(tmp_path: Path) -> None:
    seen: list[int] = []

    class Watched(Progress):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            seen.append(self._offset + self._done)
            super().on_epoch_end(epoch, logs)  # type: ignore[arg-type]

    written: list[str] = []
    for broken in (True, False):
        model, data = tiny(), examples()
        checkpoint = Checkpoint(tmp_path, every_steps=1)
        progress = Watched(
            36, checkpoint=checkpoint, terminal=False, write=written.append
        )
        with contextlib.suppress(ConnectionError):
            fit(
                model,
                data.batches(9, shuffle=True, encoding="one_hot"),
                epochs=3,
                validation_data=data.batches(36),
                callbacks=[progress, *([Break(7)] if broken else [])],
                checkpoint=checkpoint,
                verbose=0,
            )
        progress.close()
    # An epoch has 4 steps; the run went on behind the second of the second.
    assert seen == [4, 4, 4]
    assert [int(LINE.fullmatch(line)[1]) for line in written] == [1, 2, 3]  # type: ignore[index]


def test_keras_waits_for_the_device_no_more_often_than_with_its_own_bar() -> None:
    ours = keras.callbacks.CallbackList([Progress()])
    own = keras.callbacks.CallbackList([], add_progbar=True)
    assert ours._async_train == own._async_train


def test_workers_other_than_the_chief_are_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zoo.training.progress.is_chief", lambda model: False)
    for terminal in (True, False):
        clock, written = Clock(), []
        progress = Progress(terminal=terminal, write=written.append, clock=clock)
        play(progress, clock, 2, 2)
        assert written == [] and progress._display is None
