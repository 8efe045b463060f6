"""How fast strings become codes and one-hot, on the host and in the graph.

    python -m tools.bench.encoding [--repeats 15] [--batch-size 256]

Three comparisons: strings to arrays, against filling the output once; one compiled
model fed with codes (one-hot made in the graph) and with one-hot made on the host,
prediction and training step; a k-mer embedding by gather, against one-hot k-mers and a
convolution of equal output. Medians of interleaved repeats; the ratios come from one
run.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from tools.bench.timing import medians, network, print_table
from zoo import dna
from zoo.layers import KmerEmbedding, KmerOneHot, OneHot
from zoo.models.interface import sequence_input
from zoo.prediction.forward import compiled

COUNT, LENGTH = 100_000, 200
OUTPUT_DIM = 32
Work = dict[str, Callable[[], object]]


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
    times = {name: each.wall for name, each in medians(work, repeats).items()}
    limit, *_ = times.values()
    bases = COUNT * LENGTH / 1e6
    print_table(
        [f"{COUNT:,} sequences of {LENGTH} bp", "Mbases/s", "x limit"],
        ((name, bases / each, limit / each) for name, each in times.items()),
    )


def light_network() -> keras.Model:
    """Little work per base, so that the encoding weighs as much as it can."""
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

    rows = []
    for name, make in (("light", light_network), ("reference", network)):
        model = make()
        inputs = keras.Input((None,), dtype="uint8")
        reads_codes = keras.Model(inputs, model(OneHot()(inputs)))
        for each in (model, reads_codes):
            each.compile("sgd", "mse")
        for xla in (False, True):
            forward = by_array(model, xla)
            work: Work = {
                "host": partial(fed, forward, None),
                "warm": partial(fed, forward, out),
                "graph": partial(forward, codes),
            }
            rows.append(row(f"{name}, zoo.predict{xla * ', XLA'}", work, repeats))
        train = model.train_on_batch
        work = {
            "host": partial(fed, train, None, labels),
            "warm": partial(fed, train, out, labels),
            "graph": partial(reads_codes.train_on_batch, codes, labels),
        }
        rows.append(row(f"{name}, train_on_batch", work, repeats))
    print_rows(f"{size} sequences of {length} bp", work, rows)


def by_array(model: keras.Model, xla: bool) -> Callable[[Any], Any]:
    """The forward pass of a model of one input, of the array alone."""
    compute, name = compiled(model, None, jit_compile=xla), sequence_input(model)
    return lambda x: compute({name: x})


def gather_or_convolution(repeats: int, size: int, length: int) -> None:
    """Both read codes and have one weight table, hence the same output."""
    codes = random_codes(size, length)
    labels = np.zeros((size, 1), np.float32)
    rows = []
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
            rows.append(row(f"k = {k}, {what}", work, repeats))
    print_rows(f"k-mers of {size} x {length} bp", work, rows)


def row(name: str, work: Work, repeats: int) -> list[object]:
    """The ms of each, and of all but the last its ratios to the last, wall and CPU."""
    *others, last = medians(work, repeats).values()
    ratios = [(each.wall / last.wall, each.cpu / last.cpu) for each in others]
    times = [1e3 * each.wall for each in (*others, last)]
    return [name, *times, *(f"{wall:.2f} {cpu:.2f}" for wall, cpu in ratios)]


def print_rows(title: str, work: Work, rows: list[list[object]]) -> None:
    *others, last = work
    ratios = [f"{name} / {last}, wall CPU" for name in others]
    print_table([title, *(f"{name}, ms" for name in work), *ratios], rows)


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
