"""How fast examples become batches, as the model receives them.

    python -m tools.bench.batches [--repeats 7] [--megabases 20]

A shuffled epoch of uint8 codes with targets, by `SequenceDataset` and by its
`tf.data.Dataset` (read inside a graph, as `model.fit` reads it), against a Python
generator of single samples through `tf.data`, and against a bare NumPy loop that makes
float32 one-hot batches. Then the time of one batch as a share of one training step of
`rc_dilated`, and of one of BPNet: 20,000 peaks of 2,114 bp in a genome, two strands of
reads and of a control, windows that move by up to 500 bp with all of these, reverse
complements and background. Medians of interleaved repeats, all from one run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import zoo
from tools.bench.timing import medians, print_table
from zoo.data import Examples, Genome, Intervals, from_arrays
from zoo.data.wide import middle
from zoo.dna import decode, one_hot

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
    return from_arrays(codes, np.ones(n))


def contestants(examples: Examples) -> dict[str, tuple[int, Callable[[], object]]]:
    """Name -> how many samples it makes, and what makes them."""
    n, length = len(examples), examples.sequence_length
    codes, targets = examples.codes(), examples.targets
    assert targets is not None
    order = np.random.default_rng(0).permutation(n)

    def samples() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for row in order[:SAMPLES_OF_GENERATOR]:
            yield one_hot(codes[row]), targets[row]

    signature = (
        tf.TensorSpec((length, 4), tf.float32),
        tf.TensorSpec((1,), tf.float32),
    )
    generator = tf.data.Dataset.from_generator(samples, output_signature=signature)
    generator = generator.batch(BATCH_SIZE).prefetch(tf.data.AUTOTUNE)

    def bare_loop() -> None:
        rows = np.random.default_rng(0).permutation(n)
        for i in range(0, n, BATCH_SIZE):
            batch = rows[i : i + BATCH_SIZE]
            one_hot(codes[batch]), targets[batch]

    def batches(**options: Any) -> Any:
        options = {"encoding": "codes"} | options
        return examples.batches(BATCH_SIZE, shuffle=True, **options)

    plain, augmented = batches(), batches(reverse_complement=True, max_shift=3)
    as_tensors = batches().tensorflow()
    one_hot_tensors = batches(encoding="one_hot").tensorflow()
    return {
        "generator of samples": (
            min(n, SAMPLES_OF_GENERATOR),
            lambda: consume(iter(generator)),
        ),
        "bare float32 loop": (n, bare_loop),
        "SequenceDataset": (n, lambda: sum(len(x) for x, _ in plain)),
        "  augmented": (n, lambda: sum(len(x) for x, _ in augmented)),
        "tf.data, codes": (n, lambda: consume(iter(as_tensors))),
        "tf.data, one-hot": (n, lambda: consume(iter(one_hot_tensors))),
    }


def epochs(length: int, megabases: float, repeats: int) -> None:
    entries = contestants(random_examples(int(megabases * 1e6 / length), length))
    times = medians({name: run for name, (_, run) in entries.items()}, repeats)
    rates = {name: entries[name][0] / times[name].wall for name in times}
    generator, bare, *_ = rates.values()
    print_table(
        [f"{length} bp", "samples/s", "x generator", "x bare float32 loop"],
        ((name, rate, rate / generator, rate / bare) for name, rate in rates.items()),
    )


def share_of_a_step(length: int, repeats: int) -> None:
    dataset = random_examples(64 * BATCH_SIZE, length).batches(
        BATCH_SIZE, shuffle=True, encoding="codes"
    )
    model = zoo.takes_codes(zoo.create("rc_dilated", num_outputs=1))
    model.compile("adam", "mse")
    x, y = dataset[0]
    work: dict[str, Callable[[], object]] = {
        "batches": lambda: [dataset[i] for i in range(64)],
        "steps": lambda: [model.train_on_batch(x, y) for _ in range(5)],
    }
    times = medians(work, repeats)
    batch, step = times["batches"].wall / 64, times["steps"].wall / 5
    print(
        f"rc_dilated, {length} bp: {step * 1e3:.1f} ms per training step; a batch "
        f"takes {batch * 1e6:.0f} us, {100 * batch / step:.2f}% of it"
    )


def peaks(folder: Path, count: int = 20_000, max_shift: int = 500) -> Examples:
    """Peaks of a made-up genome with reads, as `from_intervals` reads them."""
    random, length, bases = np.random.default_rng(0), 2_114, 20_000_000
    text = decode(random.integers(0, 4, bases, dtype=np.uint8))
    (folder / "genome.fa").write_text(f">chr1\n{text}\n")
    genome = Genome(folder / "genome.fa")
    wider = length + 2 * max_shift
    start = random.integers(0, bases - wider, count)

    def windows(first: Any, size: int) -> Any:
        contig, strand = np.full(count, "chr1"), np.full(count, ".")
        where = Intervals(contig, first, first + size, strand)
        return genome.sequences(where, size)[0]

    def reads(positions: int) -> Any:
        found = np.zeros((count, positions, 2), np.float32)
        found[:, ::7] = 1
        return found

    wide = Examples(
        windows(start, wider),
        reads(1_000 + 2 * max_shift),
        ("plus", "minus"),
        inputs={"control": reads(wider)},
    )
    assert wide.targets is not None
    return Examples(
        windows(start + max_shift, length),
        middle(wide.targets, 1_000),
        wide.outputs,
        inputs={"control": middle(wide.inputs["control"], length)},
        columns={"background": np.arange(count) % 2 == 0},
        wide=wide,
    )


def share_of_a_step_of_bpnet(examples: Examples, repeats: int) -> None:
    dataset = examples.batches(
        BATCH_SIZE,
        shuffle=True,
        encoding="codes",
        reverse_complement=True,
        pairing={"targets": (1, 0), "control": (1, 0)},
        max_shift=examples.max_shift,
        background_ratio=0.1,
        heads={"profile": "values", "counts": "log_total"},
    )
    model = zoo.create(
        "bpnet",
        sequence_length=examples.sequence_length,
        num_outputs=2,
        stem_kernel_size=21,
        dilation_rates=[2**k for k in range(9)],
        profile_kernel_size=75,
        padding="valid",
        num_control_tracks=2,
    )
    model = zoo.takes_codes(model)
    model.compile("adam", {"profile": "mse", "counts": "mse"})
    x, y = dataset[0]
    work: dict[str, Callable[[], object]] = {
        "batches": lambda: [dataset[i] for i in range(32)],
        "steps": lambda: [model.train_on_batch(x, y) for _ in range(2)],
    }
    times = medians(work, repeats)
    batch, step = times["batches"].wall / 32, times["steps"].wall / 2
    cpu = times["batches"].cpu / 32 / (times["steps"].cpu / 2)
    print(
        f"bpnet, {len(examples):,} peaks of {examples.sequence_length:,} bp: "
        f"{step * 1e3:.0f} ms per training step; a batch takes {batch * 1e3:.2f} ms, "
        f"{100 * batch / step:.2f}% of it, and {100 * cpu:.2f}% of its CPU seconds"
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
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEQZOO_CACHE"] = folder
        share_of_a_step_of_bpnet(peaks(Path(folder)), arguments.repeats)


if __name__ == "__main__":
    main()
