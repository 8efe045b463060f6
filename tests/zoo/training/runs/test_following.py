from __future__ import annotations

import contextlib
import csv
from pathlib import Path

import pytest

from tests.zoo.training.trainings import tiny
from zoo.training.runs.following import HistoryFile, training_seconds


def test_a_history_has_the_seconds_of_each_epoch_also_after_a_restart(
    tmp_path: Path,
) -> None:
    path, now = tmp_path / "history.csv", [0.0]

    def started() -> HistoryFile:
        history = HistoryFile(path, clock=lambda: now[0])
        history.set_model(tiny())
        history.on_train_begin()
        return history

    def epoch(history: HistoryFile, number: int, seconds: float) -> None:
        now[0] += 100.0  # between epochs
        history.on_epoch_begin(number)
        now[0] += seconds
        history.on_epoch_end(number, {"loss": 0.5, "val_loss": 0.25})

    with contextlib.closing(started()) as first:
        epoch(first, 0, 2.5)
        checkpoint = first.state()
        epoch(first, 1, 4.0)
    with contextlib.closing(started()) as again:
        again.restore(checkpoint)
        epoch(again, 1, 3.0)  # goes on within the second
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [list(row) for row in rows] == [["epoch", "loss", "seconds", "val_loss"]] * 2
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert training_seconds(path) == 5.5


def test_workers_other_than_the_chief_go_on_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoo.training.runs.following.is_chief", lambda model: False)
    history = HistoryFile(tmp_path / "history.csv")
    history.set_model(tiny())
    with contextlib.closing(history):
        history.on_train_begin()
        history.restore({"text": "epoch,loss\n1,0.5\n"})  # of the chief's checkpoint
        history.on_epoch_begin(1)
        history.on_epoch_end(1, {"loss": 0.25, "val_loss": 0.5})
    assert list(tmp_path.iterdir()) == []


def test_no_time_is_known_of_other_histories(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    assert training_seconds(path) == 0
    path.write_text("epoch,loss\n1,0.5\n")
    assert training_seconds(path) == 0
