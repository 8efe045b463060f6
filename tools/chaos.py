"""Kills a training at random moments, starts it again, compares the final weights.

    python -m tools.chaos --kills 20
    python -m tools.chaos --kills 20 --workers 2      # tf.distribute, TensorFlow only

A small network is trained once without interruption. Then it is trained again, with a
checkpoint at every step, while SIGKILL comes at random moments: while it starts, within
a step, while a checkpoint is written, between epochs. It is started again until it
ends; its variables, those of the optimizer included, must be those of the first run,
bit by bit. Several workers are killed one at a time, and then all started again, as a
cluster's scheduler does.

Processes are forked from one that has imported everything and run nothing. Works on
every backend; exits with 1 if a value differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from registry.files import replaced
from zoo.data import Examples, from_arrays
from zoo.data.batches import SequenceDataset
from zoo.layers import RandomReverseComplement
from zoo.training.checkpointing.checkpoint_file import (
    CheckpointError,
    checkpoints,
    read,
)
from zoo.training.checkpointing.checkpoints import Checkpoint
from zoo.training.distribution.strategy import strategy
from zoo.training.fitting import fit

EPOCHS = 4
ROWS, BATCH = 160, 16
LIMIT = 180.0  # seconds, for one start


def data() -> Examples:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (ROWS, 40), dtype=np.uint8)
    targets = (codes == 2).mean(1, keepdims=True, dtype=np.float32)
    return from_arrays(codes, targets, outputs="gc")


def network() -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((40, 4), name="sequence")
    x = RandomReverseComplement(seed=3, name="flip")(inputs)
    x = keras.layers.Conv1D(4, 5, name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.GlobalAveragePooling1D(name="pool")(x)
    x = keras.layers.Dropout(0.2, seed=5, name="dropout")(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="value")(x))


def train(folder: Path, output: Path, workers: int) -> None:
    """What the user's program does; started again, it is the same program."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    where = strategy("multi_worker" if workers > 1 else "single")
    with where.scope():
        model = network()
        optimizer = keras.optimizers.Adam(0.01, use_ema=True)
        where.compile(model, optimizer=optimizer, loss="mse", metrics=["mae"])
    batches: SequenceDataset = data().batches(BATCH, shuffle=True, seed=2)
    fit(
        model,
        batches,
        epochs=EPOCHS,
        checkpoint=Checkpoint(folder, every_steps=1),
        strategy=where,
        verbose=0,
    )
    variables = [*model.variables, *model.optimizer.variables]
    values = [keras.ops.convert_to_numpy(variable) for variable in variables]
    with replaced(output) as temporary:
        np.savez(temporary, *values)


class Run:
    """The processes of one start."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        self.outputs = [folder.with_name(f"{folder.name}.{i}.npz") for i in
                        range(workers)]  # fmt: skip
        ports = free_ports(workers)
        self.living = [self._fork(number, ports) for number in range(workers)]

    def _fork(self, number: int, ports: list[int]) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            with self.folder.with_name(f"log.{number}").open("ab") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            if len(ports) > 1:
                cluster = {"worker": [f"localhost:{port}" for port in ports]}
                task = {"type": "worker", "index": number}
                os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
            train(self.folder, self.outputs[number], len(ports))
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def kill(self, generator: random.Random) -> None:
        """One of the processes, then the others, which cannot go on without it."""
        generator.shuffle(self.living)
        for pid in self.living:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self.living = []

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Whether all have ended by themselves within so many seconds, or until."""
        end = time.monotonic() + seconds
        while self.living and time.monotonic() < end and not until():
            for pid in list(self.living):
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    self.living.remove(pid)
                    if status:
                        raise RuntimeError(f"A training failed.\n{self.tails()}")
            time.sleep(0.0005)
        return not self.living

    def tails(self) -> str:
        """The ends of what the processes have printed."""
        logs = sorted(self.folder.parent.glob("log.*"))
        return "".join(path.read_text()[-3000:] for path in logs)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def moment(folder: Path) -> str:
    """What a kill has interrupted, from what it left."""
    if any(folder.glob(".writing-*")):
        return "writing a checkpoint"
    found = checkpoints(folder)
    if not found:
        return "before the first checkpoint"
    try:
        at = read(found[-1])["position"]
    except CheckpointError:
        return "DAMAGED"
    return "within an epoch" if at["step"] else "between epochs"


def difference(first: list[Path], second: list[Path]) -> float:
    """The largest of any value; 0 only if all are equal bit by bit."""
    largest = 0.0
    for one, other in zip(first, second, strict=True):
        with np.load(one) as a, np.load(other) as b:
            for name in a.files:
                if a[name].tobytes() != b[name].tobytes():
                    error = np.abs(a[name].astype(np.float64) - b[name]).max()
                    largest = max(largest, float(error), 5e-324)
    return largest


def wait_for_a_moment(
    run: Run, generator: random.Random, total: float, steps: float
) -> bool:
    """Waits for the moment of a kill; whether the training has ended before.

    One kill in four comes at any time, start included; two after a random part of the
    steps; and one while a checkpoint is written.
    """
    kind = generator.choice(["any", "steps", "steps", "writing"])
    if kind == "any":
        return run.wait(generator.uniform(0, total))
    before = set(checkpoints(run.folder))
    run.wait(LIMIT, lambda: not before.issuperset(checkpoints(run.folder)))
    ended = run.wait(generator.uniform(0, steps / 2))
    if kind == "steps" or ended:
        return ended
    return run.wait(LIMIT, lambda: any(run.folder.glob(".writing-*")))


def chaos(kills: int, workers: int, seed: int, folder: Path) -> tuple[Counter, float]:
    """Kills so often; returns what was interrupted, and the largest difference."""
    generator = random.Random(seed)
    begin = time.monotonic()
    reference = Run(folder / "reference", workers)
    reference.wait(LIMIT, lambda: bool(checkpoints(reference.folder)))
    first = time.monotonic()
    finish(reference, generator)
    total, steps = time.monotonic() - begin, time.monotonic() - first
    interrupted: Counter[str] = Counter()
    largest, number, left = 0.0, 0, kills
    while True:
        run = Run(folder / f"run{number}", workers)
        if left and not wait_for_a_moment(run, generator, total, steps):
            run.kill(generator)
            interrupted[moment(run.folder)] += 1
            left -= 1
            continue
        finish(run, generator)
        largest = max(largest, difference(reference.outputs, run.outputs))
        shutil.rmtree(run.folder)
        number += 1
        if not left:
            interrupted["(trainings that ended)"] = number
            return interrupted, largest


def finish(run: Run, generator: random.Random) -> None:
    if not run.wait(LIMIT):
        run.kill(generator)
        raise RuntimeError(f"A training did not end in {LIMIT:g} s.\n{run.tails()}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        interrupted, largest = chaos(
            chosen.kills, chosen.workers, chosen.seed, Path(folder)
        )
    for what, count in interrupted.most_common():
        print(f"{count:4} {what}")
    print(f"largest difference to the uninterrupted training: {largest:g}")
    return int(largest > 0 or interrupted["DAMAGED"] > 0)


if __name__ == "__main__":
    sys.exit(main())
