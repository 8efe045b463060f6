"""How fast strings become codes and one-hot, on the host and in the graph.

    python -m tools.bench.encoding [--repeats 15] [--batch-size 256]

Three comparisons: strings to arrays, against filling the output once; one compiled
model fed with codes (one-hot made in the graph) and with one-hot made on the host,
prediction and training step; a k-mer embedding by gather, against one-hot k-mers and a
convolution of equal output. Medians of interleaved repeats; the ratios come from one
run. CPU seconds count the work of all threads, and matter where other jobs share the
cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from tools.bench.prediction import network
from zoo import dna
from zoo.layers import KmerEmbedding, KmerOneHot, OneHot
from zoo.prediction.forward import compiled

COUNT, LENGTH = 100_000, 200
OUTPUT_DIM = 32
Work = dict[str, Callable[[], object]]


def medians(
    work: Work, repeats: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Seconds a call, the functions called in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for function in work.values():
        function()  # compiles
    for _ in range(repeats):
        for name, function in work.items():
            start = clock()
            function()
            seconds[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def random_codes(size: int, length: int) -> dna.Codes:
    return np.random.default_rng(0).integers(0, 4, (size, length), dtype=np.uint8)


def strings_to_arrays(repeats: int) -> None:
    codes = random_codes(COUNT, LENGTH)
    text = dna.decode(codes.reshape(-1))
    strings = [text[i : i + LENGTH] for i in range(0, len(text), LENGTH)]
    out = np.zeros((COUNT, LENGTH, 4), np.float32)
    work: Work = {
        "fill the output (limit)": lambda: out.fill(1.0),
        "one_hot_strings": lambda: dna.one_hot_strings(strings, out=out),
        "one_hot of codes": lambda: dna.one_hot(codes, out=out),
        "encode_batch": lambda: dna.encode_batch(strings),
    }
    times = medians(work, repeats)
    limit = times["fill the output (limit)"]
    print(f"\n{COUNT:,} sequences of {LENGTH} bp")
    for name, median in times.items():
        speed = COUNT * LENGTH / median / 1e6
        print(f"{name:26s} {speed:7.0f} Mbases/s  {limit / median:5.2f} x limit")


def light_network() -> keras.Model:
    """Little work a base, so that the encoding weighs as much as it can."""
    inputs = keras.Input((None, 4))
    x = layers.Conv1D(8, 5, activation="relu", name="stem")(inputs)
    x = layers.GlobalMaxPooling1D()(x)
    return keras.Model(inputs, layers.Dense(1, name="head")(x))


def in_graph_or_on_the_host(repeats: int, size: int, length: int) -> None:
    """One-hot of the host into a new array, into a warm one, and in the graph."""
    codes = random_codes(size, length)
    out = np.zeros((size, length, 4), np.float32)
    labels = np.zeros((size, 1), np.float32)

    def fed(
        compute: Callable[..., object], out: dna.OneHot | None, *arguments: object
    ) -> object:
        return compute(dna.one_hot(codes, out=out), *arguments)

    heading(f"{size} sequences of {length} bp", "host", "warm", "graph")
    for name, make in (("light", light_network), ("reference", network)):
        model = make()
        inputs = keras.Input((None,), dtype="uint8")
        reads_codes = keras.Model(inputs, model(OneHot()(inputs)))
        for each in (model, reads_codes):
            each.compile("sgd", "mse")
        for xla in (False, True):
            forward = compiled(model, None, jit_compile=xla)
            work: Work = {
                "host": partial(fed, forward, None),
                "warm": partial(fed, forward, out),
                "graph": partial(forward, codes),
            }
            report(f"{name}, zoo.predict" + ", jit_compile" * xla, work, repeats)
        train = model.train_on_batch
        work = {
            "host": partial(fed, train, None, labels),
            "warm": partial(fed, train, out, labels),
            "graph": partial(reads_codes.train_on_batch, codes, labels),
        }
        report(f"{name}, train_on_batch", work, repeats)


def gather_or_convolution(repeats: int, size: int, length: int) -> None:
    """Both read codes and have one weight table, hence the same output."""
    codes = random_codes(size, length)
    labels = np.zeros((size, 1), np.float32)
    heading(f"k-mers of {size} x {length} bp", "one-hot", "gather")
    for k in range(2, 7):
        stacks = {
            "one-hot": [
                KmerOneHot(k),
                layers.Conv1D(OUTPUT_DIM, 1, use_bias=False),
            ],
            "gather": [KmerEmbedding(k, OUTPUT_DIM)],
        }
        models = {}
        table = np.random.default_rng(k).normal(size=(4**k, OUTPUT_DIM)) / OUTPUT_DIM
        for name, stack in stacks.items():
            models[name] = keras.Sequential(
                [
                    keras.Input((None,), dtype="uint8"),
                    *stack,
                    layers.GlobalAveragePooling1D(),
                    layers.Dense(1, kernel_initializer="ones"),
                ]
            )
            weight = stack[-1].weights[0]
            weight.assign(table.reshape(weight.shape))
            models[name].compile("sgd", "mse")
        expected, received = (m.predict_on_batch(codes) for m in models.values())
        np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-4)
        for what, arguments in (
            ("predict_on_batch", (codes,)),
            ("train_on_batch", (codes, labels)),
        ):
            work: Work = {
                name: partial(getattr(model, what), *arguments)
                for name, model in models.items()
            }
            report(f"k = {k}, {what}", work, repeats)


def heading(title: str, *names: str) -> None:
    columns = "".join(f"{name:>9s}" for name in names)
    print(f"\n{title + ', ms':38s}{columns}   ratios to the last, wall and CPU")


def report(name: str, work: Work, repeats: int) -> None:
    """One line: the time of each, and of all but the last its ratio to the last."""
    *others, last = medians(work, repeats).values()
    *others_cpu, last_cpu = medians(work, repeats, time.process_time).values()
    times = "".join(f"{seconds * 1e3:9.2f}" for seconds in (*others, last))
    ratios = "".join(
        f"{wall / last:7.2f} {cpu / last_cpu:7.2f}"
        for wall, cpu in zip(others, others_cpu, strict=True)
    )
    print(f"{name:38s}{times}  {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--sequence-length", type=int, default=500)
    arguments = parser.parse_args()
    repeats, size = arguments.repeats, arguments.batch_size
    print(f"{keras.backend.backend()}, medians of {repeats}")
    strings_to_arrays(repeats)
    in_graph_or_on_the_host(repeats, size, arguments.sequence_length)
    gather_or_convolution(repeats, size // 4, arguments.sequence_length)


if __name__ == "__main__":
    main()
