"""A training that was broken off ends as one that was not."""

from __future__ import annotations

import dataclasses
import errno
import os
import random
import re
import signal
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.zoo.training.trainings import (
    EPOCHS,
    STEPS,
    Died,
    Dies,
    assert_equal,
    examples,
    tiny,
    train,
    train_tiny,
    values,
)
from zoo.data.examples import Examples
from zoo.errors import InputError
from zoo.training import (
    Checkpoint,
    CheckpointError,
    TrainingInterrupted,
    TrainingStopped,
    fit,
)
from zoo.training.checkpointing.checkpoint_file import checkpoints, newest


@pytest.fixture(scope="module")
def whole() -> dict[str, np.ndarray]:
    return train_tiny(None)


def die(folder: Path, after: int, **arguments: Any) -> None:
    with pytest.raises(Died):
        train_tiny(folder, Dies(after), **arguments)


def test_all_of_a_run_goes_on(tmp_path: Path) -> None:
    expected, history = train(None)
    with pytest.raises(Died):
        train(tmp_path, Dies(STEPS + 3))
    found, resumed = train(tmp_path)
    assert_equal(values(found), values(expected))
    assert resumed.history == history.history
    assert resumed.epoch == [0, 1, 2]
    assert len(checkpoints(tmp_path)) == 2
    # Started once more, it is not trained further, and ends as it did.
    found, resumed = train(tmp_path)
    assert_equal(values(found), values(expected))
    assert resumed.history == history.history
    # No name depends on how many models were made before.
    last = newest(tmp_path)
    assert last is not None
    addresses = [a for g in ("optimizer", "layers", "metrics") for a in last[1][g]]
    assert {"iteration", "conv_kernel_average", "dropout/0/seed_generator_state"} <= {
        *addresses
    }
    assert not [a for a in addresses if re.search(r"adam|generator_\d|auroc_\d", a)]


@pytest.mark.parametrize("after", [0, 1, STEPS, 2 * STEPS - 1])
def test_any_step(tmp_path: Path, whole: dict[str, np.ndarray], after: int) -> None:
    die(tmp_path, after)
    assert_equal(train_tiny(tmp_path), whole)


def test_epochs_only(tmp_path: Path, whole: dict[str, np.ndarray]) -> None:
    die(tmp_path, STEPS + 2, every_steps=None)
    found = newest(tmp_path)
    assert found is not None
    assert found[1]["position"] == {"epoch": 1, "step": 0, "stopped": False}
    assert_equal(train_tiny(tmp_path, every_steps=None), whole)


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Keras has no such steps on PyTorch"
)
def test_several_steps_in_one_call(tmp_path: Path) -> None:
    def build() -> keras.Model:
        return tiny(steps_per_execution=2, run_eagerly=False)

    expected = train_tiny(None, built=build())
    die(tmp_path, 1, built=build())
    found = newest(tmp_path)
    assert found is not None and found[1]["position"]["step"] == 2
    assert_equal(train_tiny(tmp_path, built=build()), expected)


def test_epochs_may_be_added(tmp_path: Path, whole: dict[str, np.ndarray]) -> None:
    train_tiny(tmp_path, epochs=1)
    assert_equal(train_tiny(tmp_path, epochs=2), whole)


def test_the_last_one_may_be_damaged(
    tmp_path: Path, whole: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    die(tmp_path, 4)
    file = checkpoints(tmp_path)[-1] / "state.h5"
    file.write_bytes(file.read_bytes()[:-1])
    assert_equal(train_tiny(tmp_path), whole)
    assert "Going back to the checkpoint before it" in caplog.text


class Batches(keras.utils.PyDataset):
    """A data set of one's own, with an order that follows from calls."""

    def __init__(self) -> None:
        super().__init__()
        self.random = np.random.default_rng(5)
        self.on_epoch_end()

    def __len__(self) -> int:
        return STEPS

    def on_epoch_end(self) -> None:
        self.x = self.random.normal(size=(STEPS, 4, 20, 4)).astype(np.float32)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.x[index], self.x[index, :, :1, 0]


def test_data_of_ones_own(tmp_path: Path) -> None:
    expected = train_tiny(None, data=Batches())
    die(tmp_path, 2, data=Batches())
    die(tmp_path, STEPS, data=Batches())
    assert_equal(train_tiny(tmp_path, data=Batches()), expected)


def test_plain_fit_writes_what_ours_goes_on_from(
    tmp_path: Path, whole: dict[str, np.ndarray]
) -> None:
    first = tiny()
    data = examples().batches(8, shuffle=True, seed=4)
    used = Checkpoint(tmp_path, every_steps=2)
    first.fit(data, shuffle=False, epochs=1, callbacks=[used], verbose=0)
    with pytest.raises(CheckpointError, match=r"an earlier run.*zoo\.training\.fit"):
        first.fit(data, shuffle=False, epochs=1, callbacks=[used], verbose=0)
    assert_equal(train_tiny(tmp_path), whole)


class Counts(keras.callbacks.Callback):
    """Remembers something."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = np.zeros(2, np.int64)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen += (1, batch)

    def state(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def restore(self, state: dict[str, Any]) -> None:
        self.seen = state["seen"].copy()


def test_callbacks_that_remember(tmp_path: Path) -> None:
    die(tmp_path, STEPS, built=tiny())
    with pytest.raises(CheckpointError, match=r"none\. Received: 0 Counts"):
        train_tiny(tmp_path, Counts())
    other = tmp_path / "other"
    with pytest.raises(Died):
        train_tiny(other, Counts(), Dies(STEPS + 2))
    counts = Counts()
    train_tiny(other, counts)
    assert counts.seen[0] == 2 * STEPS


def doubled() -> Examples:
    """Of two outputs."""
    one = examples()
    assert one.targets is not None
    twice = np.repeat(one.targets, 2, axis=1)
    return dataclasses.replace(one, targets=twice, outputs=("a", "b"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"built": lambda: tiny(units=2), "data": lambda: doubled().batches(8)},
            r"weights value/kernel: \(80, 1\) in the",
        ),
        ({"built": lambda: tiny(rate=0.2)}, "optimizer.config.learning_rate: 0.1"),
        ({"built": lambda: tiny(loss="mae")}, "loss: 'mse' in the checkpoint, 'mae'"),
        ({"built": lambda: tiny(optimizer="sgd")}, "optimizer .*: only in the check"),
        ({"data": lambda: examples().batches(9)}, "steps: 5 in the checkpoint, 4 now"),
    ],
)
def test_another_run(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    train_tiny(tmp_path, epochs=1)
    with pytest.raises(CheckpointError, match=said):
        train_tiny(tmp_path, **{name: make() for name, make in changed.items()})


class Spoils(keras.callbacks.Callback):
    """Puts a NaN where it does harm at the next step, or in the last."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == self.step:
            kernel = self.model.get_layer("value").kernel
            kernel.assign(np.full(kernel.shape, np.nan))


def test_a_loss_that_is_nan(tmp_path: Path) -> None:
    with pytest.raises(TrainingStopped, match=r"after step 3 of epoch 1.*000002"):
        train_tiny(tmp_path, Spoils(2))
    found = newest(tmp_path)
    assert found is not None and found[1]["position"]["step"] == 2
    assert all(np.isfinite(v).all() for v in found[1]["weights"].values())


def test_weights_that_are_nan_are_not_written(tmp_path: Path) -> None:
    spoils = Spoils(2)
    late = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: spoils.set_model(late.model),
        on_train_batch_end=lambda batch, logs: spoils.on_train_batch_begin(batch),
    )
    with pytest.raises(TrainingStopped, match=r"value/kernel are not .* after step 3"):
        train_tiny(tmp_path, late)
    assert len(checkpoints(tmp_path)) == 2


def test_a_full_disk(
    tmp_path: Path, whole: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    flush = os.fsync

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 18:  # five of each checkpoint
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(CheckpointError, match=r"Free some.*last good.*-000003\."):
            train_tiny(tmp_path)
    assert_equal(train_tiny(tmp_path), whole)


class Signals(keras.callbacks.Callback):
    """Ctrl-C within a step."""

    def __init__(self, step: int, times: int = 1, number: int = signal.SIGINT) -> None:
        super().__init__()
        self.step, self.times, self.number = step, times, number

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == self.step:
            for _ in range(self.times):
                signal.raise_signal(self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", [1, STEPS - 1])
def test_ctrl_c_saves(
    tmp_path: Path,
    whole: dict[str, np.ndarray],
    capsys: pytest.CaptureFixture[str],
    number: int,
    step: int,
) -> None:
    before = signal.getsignal(number)
    with pytest.raises(TrainingInterrupted, match=r"saved in .*Start it again"):
        train_tiny(tmp_path, Signals(step, number=number), every_steps=None)
    assert "once more to stop at once" in capsys.readouterr().err
    assert signal.getsignal(number) == before
    found = newest(tmp_path)
    assert found is not None
    at = found[1]["position"]
    assert at["epoch"] * STEPS + at["step"] == step + 1
    assert_equal(train_tiny(tmp_path, every_steps=None), whole)


def test_ctrl_c_twice_stops_at_once(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt) as raised:
        train_tiny(tmp_path, Signals(2, times=2))
    assert not isinstance(raised.value, TrainingInterrupted)
    assert len(checkpoints(tmp_path)) == 2


def test_a_training_that_stopped_early_stays_so(tmp_path: Path) -> None:
    class Stops(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch == 0

    expected = train_tiny(tmp_path, Stops(), epochs=EPOCHS)
    assert_equal(train_tiny(tmp_path, Stops(), epochs=EPOCHS), expected)
    assert_equal(train_tiny(None, epochs=1), expected)
    # Also if it does so at the end of an epoch that was broken off.
    other = tmp_path / "other"
    with pytest.raises(Died):
        train_tiny(other, Stops(), Dies(2), epochs=EPOCHS)
    assert_equal(train_tiny(other, Stops(), epochs=EPOCHS), expected)


def test_global_random_numbers_go_on(tmp_path: Path) -> None:
    class Draws(keras.callbacks.Callback):
        drawn: list[float]

        def on_train_begin(self, logs: Any = None) -> None:
            self.drawn = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            by_keras = keras.random.normal((), seed=None)
            self.drawn = [
                random.gauss(0, 1),
                np.random.normal(),
                float(keras.ops.convert_to_numpy(by_keras)),
            ]

    whole, first, second = Draws(), Draws(), Draws()
    train_tiny(None, whole)
    with pytest.raises(Died):
        train_tiny(tmp_path, first, Dies(STEPS + 1))
    train_tiny(tmp_path, second)
    assert second.drawn == whole.drawn


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"every_steps of at least 1\. Received: every_steps=0"
    ):
        Checkpoint(tmp_path, every_steps=0)
    with pytest.raises(InputError, match="Received: ndarray"):
        fit(tiny(), np.zeros((2, 20, 4)), epochs=1)  # type: ignore[arg-type]
    built = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(InputError, match="built and compiled"):
        fit(built, examples().batches(8), epochs=1)
