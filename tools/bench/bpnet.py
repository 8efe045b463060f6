"""Training `bpnet`: against a bare loop in Keras, and against bpnet-lite in PyTorch.

    python -m tools.bench.bpnet [--bpnet-lite PYTHON] [--repeats 5] [--steps 4]

One epoch of the same regions, 2,114 bp to 1,000 bp on two strands, 64 filters and eight
dilated layers, in turn:

- `examples.batches` with jitter and reverse complement that move and swap the profile,
  and `zoo.training.fit`, as `seqzoo train` does it;
- a compiled GradientTape loop on batches that are ready, with the same losses;
- `bpnetlite.BPNet`, trained as its `fit` does on tensors that are ready, in a process
  of its own whose Python `--bpnet-lite` names.

Then the time of reading a batch as a share of a step. Medians, all from one run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import zoo
from tools.bench.timing import Seconds, medians, print_table
from zoo.data import Examples, HeadTargets, from_arrays
from zoo.losses import MultinomialNegativeLogLikelihood

SEQUENCE_LENGTH, PROFILE_LENGTH = 2114, 1000  # bp
COUNTS_LOSS_WEIGHT = 10.0
LEARNING_RATE = 1e-3
TOP = Path(__file__).resolve().parents[2]
LITE = "from tools.bench.bpnet_lite import epochs; epochs({n}, {batch_size})"


def regions(n: int) -> Examples:
    """Random sequences with reads on both strands, the same for all."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (n, SEQUENCE_LENGTH), dtype=np.uint8)
    reads = random.poisson(0.3, (n, PROFILE_LENGTH, 2)).astype(np.float32)
    return from_arrays(codes, reads, outputs=("plus", "minus"))


def network() -> keras.Model:
    """Compiled as a run of `seqzoo train` is."""
    keras.utils.set_random_seed(0)
    model = zoo.create(
        "bpnet",
        sequence_length=SEQUENCE_LENGTH,
        num_outputs=2,
        stem_kernel_size=21,
        dilation_rates=[1, *(2**i for i in range(1, 9))],
        profile_kernel_size=75,
        padding="valid",
        profile_length=PROFILE_LENGTH,
    )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        loss={"profile": MultinomialNegativeLogLikelihood(), "counts": "mse"},
        loss_weights={"profile": 1.0, "counts": COUNTS_LOSS_WEIGHT},
    )
    return model


def bare_loop(batches: list[tuple[np.ndarray, dict[str, np.ndarray]]]) -> Callable:
    """What one writes by hand: no more than the steps."""
    model = network()
    profile_loss = MultinomialNegativeLogLikelihood()
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=False)
    def step(x: tf.Tensor, profile: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            predicted = model(x, training=True)
            loss = profile_loss(profile, predicted["profile"])
            error = tf.reduce_mean(tf.square(counts - predicted["counts"]))
            loss += COUNTS_LOSS_WEIGHT * error
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    tensors = [
        (tf.constant(x), tf.constant(y["profile"]), tf.constant(y["counts"]))
        for x, y in batches
    ]
    return lambda: [float(step(*batch)) for batch in tensors]


class Lite:
    """bpnet-lite in its own process, which answers each line with its seconds."""

    def __init__(self, python: str, examples: Examples, batch_size: int) -> None:
        self.process = subprocess.Popen(
            [python, "-c", LITE.format(n=len(examples), batch_size=batch_size)],
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def epoch(self) -> Seconds:
        """Wall and processor seconds of one epoch there."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print("epoch", file=self.process.stdin, flush=True)
        wall, cpu = map(float, self.process.stdout.readline().split())
        return Seconds(wall, cpu)

    def close(self) -> None:
        self.process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bpnet-lite", metavar="PYTHON", help="that has bpnet-lite")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4, help="of an epoch")
    parser.add_argument("--batch-size", type=int, default=64)
    options = parser.parse_args()
    size = options.batch_size
    examples = regions(options.steps * size)
    batches = examples.batches(
        size,
        shuffle=True,
        reverse_complement=True,
        pairing=(1, 0),
        heads={"profile": HeadTargets(), "counts": HeadTargets(targets="log_total")},
    )
    model = network()
    work: dict[str, Callable[[], object]] = {
        "seqzoo": lambda: zoo.training.fit(model, batches, epochs=1, verbose=0),
        "bare Keras loop": bare_loop([batches[i] for i in range(options.steps)]),
        "reading batches": lambda: [batches[i] for i in range(options.steps)],
    }
    lite, lite_times = None, []
    if options.bpnet_lite:
        lite = Lite(options.bpnet_lite, examples, size)
        work["bpnet-lite"] = lambda: lite_times.append(lite.epoch())
    times = medians(work, options.repeats)
    if lite is not None:
        lite.close()
        own = np.median(lite_times[1:], axis=0)
        times["bpnet-lite"] = Seconds(*map(float, own))
    ours, n = times["seqzoo"], len(examples)
    print_table(
        ["epoch", "wall s", "CPU s", "regions/s", "x CPU s", "x throughput"],
        (
            (
                name,
                own.wall,
                own.cpu,
                n / own.wall,
                ours.cpu / own.cpu,
                own.wall / ours.wall,
            )
            for name, own in times.items()
            if name != "reading batches"
        ),
    )
    reading = times["reading batches"]
    print(
        f"reading a batch: {1e3 * reading.wall / options.steps:.2f} ms, "
        f"{100 * reading.cpu / ours.cpu:.2f}% of a step"
    )


if __name__ == "__main__":
    main()
