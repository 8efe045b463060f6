"""How fast examples become batches, as the model receives them.

    python -m tools.bench.batches [--repeats 7] [--megabases 20]

A shuffled epoch of uint8 codes with targets, by `SequenceDataset` and by its
`tf.data.Dataset` (read inside a graph, as `model.fit` reads it), against a Python
generator of single samples through `tf.data`, and against a bare NumPy loop that makes
float32 one-hot batches. Then the time of one batch as a share of one training step of
`rc_dilated`. Medians of interleaved repeats, all from one run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import zoo
from zoo.data import Examples, SequenceDataset
from zoo.data.examples import CodesInMemory
from zoo.dna import one_hot

BATCH_SIZE = 64
SAMPLES_OF_GENERATOR = 2000  # it is slow


@tf.function(reduce_retracing=True)
def consume(iterator: Any) -> Any:
    """Reads a tf.data iterator to its end inside a graph."""
    total = tf.constant(0, tf.int64)
    for batch in iterator:
        total += tf.size(batch[0], out_type=tf.int64)
    return total


def random_examples(n: int, length: int) -> Examples:
    codes = np.random.default_rng(0).integers(0, 4, (n, length), dtype=np.uint8)
    return Examples(CodesInMemory(codes), np.ones((n, 1), np.float32), ("label",))


def contestants(examples: Examples) -> dict[str, tuple[int, Callable[[], object]]]:
    """Name -> how many samples it makes, and what makes them."""
    n, length = len(examples), examples.sequence_length
    codes, targets = examples.codes(), examples.targets
    assert targets is not None
    order = np.random.default_rng(0).permutation(n)

    def samples() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for row in order[:SAMPLES_OF_GENERATOR]:
            yield one_hot(codes[row]), targets[row]

    generator = tf.data.Dataset.from_generator(
        samples,
        output_signature=(
            tf.TensorSpec((length, 4), tf.float32),
            tf.TensorSpec((1,), tf.float32),
        ),
    )
    generator = generator.batch(BATCH_SIZE).prefetch(tf.data.AUTOTUNE)

    def bare_loop() -> None:
        rows = np.random.default_rng(0).permutation(n)
        for i in range(0, n, BATCH_SIZE):
            batch = rows[i : i + BATCH_SIZE]
            one_hot(codes[batch]), targets[batch]

    def iterate(dataset: SequenceDataset) -> Callable[[], object]:
        return lambda: sum(len(x) for x, _ in dataset)

    plain = SequenceDataset(
        examples, batch_size=BATCH_SIZE, shuffle=True, encoding="codes"
    )
    augmented = SequenceDataset(
        examples,
        batch_size=BATCH_SIZE,
        shuffle=True,
        encoding="codes",
        reverse_complement=True,
        max_shift=3,
    )
    as_tensors, one_hot_tensors = (
        SequenceDataset(
            examples, batch_size=BATCH_SIZE, shuffle=True, encoding=encoding
        ).tensorflow()
        for encoding in ("codes", "one_hot")
    )
    return {
        "generator of samples": (
            min(n, SAMPLES_OF_GENERATOR),
            lambda: consume(iter(generator)),
        ),
        "bare float32 loop": (n, bare_loop),
        "SequenceDataset": (n, iterate(plain)),
        "  augmented": (n, iterate(augmented)),
        "tf.data, codes": (n, lambda: consume(iter(as_tensors))),
        "tf.data, one-hot": (n, lambda: consume(iter(one_hot_tensors))),
    }


def medians(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for function in work.values():
        function()
    for _ in range(repeats):
        for name, function in work.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def epochs(length: int, megabases: float, repeats: int) -> None:
    entries = contestants(random_examples(int(megabases * 1e6 / length), length))
    times = medians({name: run for name, (_, run) in entries.items()}, repeats)
    rates = {name: entries[name][0] / times[name] for name in times}
    print(f"\n{length} bp, batches of {BATCH_SIZE}", end="")
    print("   samples/s   x generator   x bare float32 loop")
    for name, rate in rates.items():
        generator = rate / rates["generator of samples"]
        bare = rate / rates["bare float32 loop"]
        print(f"{name:24s} {rate:15,.0f} {generator:13.1f} {bare:15.2f}")


def share_of_a_step(length: int, repeats: int) -> None:
    examples = random_examples(64 * BATCH_SIZE, length)
    dataset = SequenceDataset(
        examples, batch_size=BATCH_SIZE, shuffle=True, encoding="codes"
    )
    model = zoo.takes_codes(zoo.create("rc_dilated", num_outputs=1))
    model.compile("adam", "mse")
    x, y = dataset[0]
    batches, steps = 64, 5

    def train() -> None:
        for _ in range(steps):
            model.train_on_batch(x, y)

    times = medians(
        {"batch": lambda: [dataset[i] for i in range(batches)], "step": train}, repeats
    )
    batch, step = times["batch"] / batches, times["step"] / steps
    print(
        f"\nrc_dilated, {length} bp: {step * 1e3:.1f} ms a training step; a batch "
        f"takes {batch * 1e6:.0f} us, {100 * batch / step:.2f}% of it"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--megabases", type=float, default=20.0, help="of each data set"
    )
    arguments = parser.parse_args()
    for length in (500, 2000):
        epochs(length, arguments.megabases, arguments.repeats)
    for length in (500, 2000):
        share_of_a_step(length, arguments.repeats)


if __name__ == "__main__":
    main()
