"""Training speed of the reference network on this CPU, against named peers.

    python -m tools.bench.training --jax PYTHON --torch PYTHON

One run measures, each in a process of its own and one after the other:

- keras: `zoo.training.fit` on uint8 codes, and a hand-written Keras `fit` on ready
  one-hot arrays, their epochs in turn (tensorflow); and what might be faster: XLA
  forced, a batch twice as large, the same network pooled before its activation, and
  with the layers of d >= 4 folded by phase into 2-D convolutions;
- keras on JAX and on PyTorch: the hand-written fit, with the Pythons given;
- raw PyTorch: the same network and loop without Keras.

The reference network: 1 kb, Conv 64 x 15, max-pool 4, four residual dilated
Conv 64 x 3 (d = 1, 2, 4, 8), global average pooling, Dense; binary cross-entropy, Adam.
Its arithmetic in a training step is 89.1 MFLOP a sequence: two for a multiply-add,
three times the forward pass, less the first layer's gradient to its input. The limit
is what 2,048 x 2,048 float32 matrix products reach, as much arithmetic of them as an
epoch has and in turn with the epochs: no processor holds the rate of its best moment.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

LENGTH, FILTERS, STEM, KERNEL, POOL = 1_000, 64, 15, 3, 4
DILATIONS = (1, 2, 4, 8)
LIMIT = "matrix products"
STEM_FLOP = 2 * LENGTH * STEM * 4 * FILTERS
TOWER_FLOP = 2 * (LENGTH // POOL) * KERNEL * FILTERS**2 * len(DILATIONS)
STEP_FLOP = 2 * STEM_FLOP + 3 * TOWER_FLOP


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (rows, LENGTH), dtype=np.uint8)
    return codes, generator.integers(0, 2, (rows, 1)).astype("float32")


def reference_network(*, pool_first: bool = False, fold_from: int = 99) -> Any:
    """The network, or one of the same function: max-pooling and relu commute."""
    import keras
    from keras import layers

    inputs = keras.Input((LENGTH, 4))
    x = layers.Conv1D(FILTERS, STEM, padding="same")(inputs)
    for step in ["pool", "relu"] if pool_first else ["relu", "pool"]:
        x = layers.MaxPooling1D(POOL)(x) if step == "pool" else layers.ReLU()(x)
    for rate in DILATIONS:
        y = folded(x, rate) if rate >= fold_from else dilated(x, rate)
        x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(1)(x))


def dilated(x: Any, rate: int) -> Any:
    from keras import layers

    return layers.Conv1D(
        FILTERS, KERNEL, padding="same", dilation_rate=rate, activation="relu"
    )(x)


def folded(x: Any, rate: int) -> Any:
    """The same by phase: position p is row p // rate, column p % rate of a map."""
    from keras import layers, ops

    length = x.shape[1]
    rows = -(-length // rate)
    x = ops.pad(x, [(0, 0), (0, rows * rate - length), (0, 0)])
    x = ops.reshape(x, (-1, rows, rate, FILTERS))
    x = layers.Conv2D(FILTERS, (KERNEL, 1), padding="same", activation="relu")(x)
    return ops.reshape(x, (-1, rows * rate, FILTERS))[:, :length]


def compiled(jit_compile: str | bool, **network: Any) -> Any:
    import keras

    model = reference_network(**network)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=jit_compile)
    return model


def in_turn(
    epochs: dict[str, Callable[[], Any]], sequences: int, rounds: int
) -> dict[str, tuple[float, float]]:
    """Sequences a second, and a second of CPU: medians of epochs that take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in epochs}
    cpu: dict[str, list[float]] = {name: [] for name in epochs}
    for epoch in epochs.values():
        epoch()  # traces, and warms up
    for _ in range(rounds):
        for name, epoch in epochs.items():
            start, start_cpu = time.perf_counter(), time.process_time()
            epoch()
            seconds[name].append(time.perf_counter() - start)
            cpu[name].append(time.process_time() - start_cpu)
    return {
        name: (
            sequences / statistics.median(seconds[name]),
            sequences / statistics.median(cpu[name]),
        )
        for name in epochs
    }


def keras_epochs(
    batch_size: int, rows: int, everything: bool
) -> dict[str, Callable[[], Any]]:
    """Epochs of the hand-written fit; of ours and of variants, if `everything`."""
    codes, y = data(rows)
    x = np.eye(4, dtype="float32")[codes]

    def bare(size: int, jit_compile: str | bool, **network: Any) -> Callable[[], Any]:
        model = compiled(jit_compile, **network)
        return lambda: model.fit(x, y, batch_size=size, verbose=0)

    epochs = {"hand-written fit": bare(batch_size, "auto")}
    if not everything:
        return epochs
    from zoo.data.examples import CodesInMemory, Examples
    from zoo.training import fit

    examples = Examples(CodesInMemory(codes), y, outputs=("label",))
    ours = compiled("auto")
    # One-hot float input as the peer's, so that the networks are the same.
    batches = examples.batches(batch_size, shuffle=True)
    epochs["zoo.training.fit"] = lambda: fit(ours, batches, epochs=1, verbose=0)
    epochs["hand-written fit, XLA forced"] = bare(batch_size, True)
    epochs["hand-written fit, batch doubled"] = bare(2 * batch_size, "auto")
    epochs["hand-written fit, pooled first"] = bare(batch_size, "auto", pool_first=True)
    epochs["hand-written fit, d >= 4 folded"] = bare(batch_size, "auto", fold_from=4)
    epochs[LIMIT] = matrix_products(rows)
    return epochs


def torch_epochs(batch_size: int, rows: int) -> dict[str, Callable[[], Any]]:
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv1d(4, FILTERS, STEM, padding="same")
            self.tower = nn.ModuleList(
                nn.Conv1d(FILTERS, FILTERS, KERNEL, padding="same", dilation=d)
                for d in DILATIONS
            )
            self.dense = nn.Linear(FILTERS, 1)

        def forward(self, x: Any) -> Any:
            x = nn.functional.max_pool1d(torch.relu(self.stem(x)), POOL)
            for layer in self.tower:
                x = x + torch.relu(layer(x))
            return self.dense(x.mean(-1))

    codes, labels = data(rows)
    one_hot = np.eye(4, dtype="float32")[codes].transpose(0, 2, 1)
    x, y = torch.from_numpy(one_hot.copy()), torch.from_numpy(labels)
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    criterion = nn.BCEWithLogitsLoss()

    def epoch() -> None:
        order = torch.randperm(rows)
        for first in range(0, rows, batch_size):
            chosen = order[first : first + batch_size]
            optimizer.zero_grad()
            criterion(network(x[chosen]), y[chosen]).backward()
            optimizer.step()

    return {"raw PyTorch": epoch}


def matrix_products(rows: int, size: int = 2_048) -> Callable[[], Any]:
    """As much arithmetic as an epoch of so many rows, in float32 products."""
    import tensorflow as tf

    a = tf.random.normal((size, size))
    whole, rest = divmod(rows * STEP_FLOP, 2 * size**3)
    part = a[: round(rest / (2 * size**2))]

    def products() -> None:
        for _ in range(whole):
            tf.linalg.matmul(a, a).numpy()
        tf.linalg.matmul(part, a).numpy()

    return products


def work(
    worker: str, batch_size: int, rows: int, rounds: int
) -> dict[str, tuple[float, float]]:
    """What one process measures."""
    if worker == "raw":
        epochs = torch_epochs(batch_size, rows)
    else:
        epochs = keras_epochs(batch_size, rows, everything=worker == "tensorflow")
    return in_turn(epochs, rows, rounds)


def measured(python: str, worker: str, arguments: argparse.Namespace) -> dict[str, Any]:
    backend = {"raw": "torch"}.get(worker, worker)
    command = [python, "-m", "tools.bench.training", "--worker", worker]
    for option in ("batch_size", "rows", "rounds"):
        command += [f"--{option.replace('_', '-')}", str(getattr(arguments, option))]
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{worker}: {done.stderr[-2_000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jax", metavar="PYTHON", help="a Python that has JAX")
    parser.add_argument("--torch", metavar="PYTHON", help="a Python that has PyTorch")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rows", type=int, default=2_048, help="sequences an epoch")
    parser.add_argument("--rounds", type=int, default=5, help="epochs of each")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        size, rows, rounds = arguments.batch_size, arguments.rows, arguments.rounds
        print(json.dumps(work(arguments.worker, size, rows, rounds)))
        return
    runs = [("tensorflow", sys.executable)]
    if arguments.jax:
        runs.append(("jax", arguments.jax))
    if arguments.torch:
        runs += [("torch", arguments.torch), ("raw", arguments.torch)]
    rates = {
        f"{worker}: {name}": rate
        for worker, python in runs
        for name, rate in measured(python, worker, arguments).items()
    }
    limit = rates[f"tensorflow: {LIMIT}"]
    bare = rates["tensorflow: hand-written fit"]
    raw = rates.get("raw: raw PyTorch", bare)
    print(
        f"{STEP_FLOP / 1e6:.1f} MFLOP a sequence and step; x is to hand-written Keras"
    )
    for kind, which in (("a second", 0), ("a second of CPU", 1)):
        for name, rate in rates.items():
            print(
                f"{name:44s} {rate[which]:6.0f} sequences {kind}, "
                f"{rate[which] / limit[which]:4.0%} of the matrix products, "
                f"{rate[which] / bare[which]:5.2f} x, "
                f"{rate[which] / raw[which]:5.2f} x PyTorch"
            )


if __name__ == "__main__":
    main()
