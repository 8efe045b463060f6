"""What training on several devices costs, against a bare Keras script.

    python -m tools.bench.distribute [--batch-size 64] [--length 500] [--steps 12]

The reference network, batch normalization synchronized, one global batch: (1) one
device, (2) two logical CPUs in one process, (3) two processes on this machine. For (2)
and (3) the bare script is `model.fit` of Keras under the same strategy and on the same
tf.data, sharded by TensorFlow; for (3) with the remedy for Keras issue 20585 and no
more. Ours adds losses over the global batch and its own feeding. CPU seconds per step,
all workers together, and wall seconds; ours and bare take turns, medians. On a CPU
the devices share the cores: the ratio to one device is the strategy's own price.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
from functools import partial
from typing import Any, Literal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tools.bench.timing import network, print_table, timed

REPEATS = 7
Kind = Literal["single", "mirrored", "multi_worker"]
KINDS = ("single", "mirrored", "multi_worker")


def measure(kind: Kind, length: int, batch_size: int, steps: int) -> None:
    """One process: prints CPU and wall seconds per step of each turn, as JSON."""
    import keras
    import numpy as np

    from zoo.data import from_arrays
    from zoo.training import strategy
    from zoo.training.distribution.keras_multi_worker import mend

    where = strategy(kind, devices=2 if kind == "mirrored" else None)
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (batch_size * 8, length)).astype(np.uint8)
    labels = random.integers(0, 2, (len(codes), 1)).astype(np.float32)
    data = from_arrays(codes, labels).batches(batch_size)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    runs = {}
    with where.scope():
        ours = where.compile(
            network(length, normalized=True), optimizer="sgd", loss=loss
        )
        runs["ours"] = (ours, where.dataset(data, epochs=None))
        bare = network(length, normalized=True)
        if kind == "multi_worker":
            mend(bare, where.distribution)
        bare.compile(optimizer="sgd", loss=loss)
        plain = data.tensorflow(None)
        if kind == "multi_worker":
            import tensorflow as tf

            options = tf.data.Options()
            policy = tf.data.experimental.AutoShardPolicy.DATA
            options.experimental_distribute.auto_shard_policy = policy
            plain = plain.with_options(options)
        runs["bare"] = (bare, plain)
        found: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
        for turn in range(REPEATS + 1):
            for name in ("ours", "bare") if turn % 2 else ("bare", "ours"):
                model, batches = runs[name]
                fit = partial(model.fit, batches, verbose=0, shuffle=False)
                taken = timed(partial(fit, steps_per_epoch=steps, epochs=1))
                found[name].append((taken.cpu / steps, taken.wall / steps))
    print(json.dumps({name: turns[1:] for name, turns in found.items()}))


def start(kind: str, arguments: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """Median CPU and wall seconds per step of all processes of a kind."""
    configs: list[dict[str, Any] | None] = [None]
    if kind == "multi_worker":
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
        for one in sockets:
            one.close()
        configs = [
            {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}}
            for i in range(2)
        ]
    command = [sys.executable, "-m", "tools.bench.distribute", "--kind", kind]
    for name in ("length", "batch_size", "steps"):
        command += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
    processes = [
        subprocess.Popen(
            command,
            env=os.environ | ({"TF_CONFIG": json.dumps(config)} if config else {}),
            stdout=subprocess.PIPE,
            text=True,
        )
        for config in configs
    ]
    try:
        texts = [process.communicate(timeout=900)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    results = [json.loads(text.splitlines()[-1]) for text in texts]
    found = {}
    for name in ("ours", "bare"):
        cpu = [
            sum(turn[0] for turn in turns)
            for turns in zip(*(r[name] for r in results), strict=True)
        ]
        wall = [
            max(turn[1] for turn in turns)
            for turns in zip(*(r[name] for r in results), strict=True)
        ]
        found[name] = (statistics.median(cpu), statistics.median(wall))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--length", type=int, default=500, help="bp")
    parser.add_argument("--batch-size", type=int, default=64, help="global")
    parser.add_argument("--steps", type=int, default=12, help="per turn")
    parser.add_argument("--kind", choices=KINDS, help="one process (internal)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    arguments = parser.parse_args()
    if arguments.kind:
        measure(arguments.kind, arguments.length, arguments.batch_size, arguments.steps)
        return
    rows, one = [], None
    for kind in arguments.kinds:
        found = start(kind, arguments)
        (cpu, wall), (bare_cpu, bare_wall) = found["ours"], found["bare"]
        one = one or found["bare"]
        times = [1e3 * each for each in (cpu, wall, bare_cpu, bare_wall)]
        ratios = [cpu / bare_cpu, wall / bare_wall, cpu / one[0], wall / one[1]]
        rows.append([kind, *times, *ratios])
    names = ("ours, CPU", "wall", "bare, CPU", "wall")
    shares = ("ours / bare, CPU", "wall", "ours / one device, CPU", "wall")
    print_table(["ms per step", *names, *shares], rows)


if __name__ == "__main__":
    main()
