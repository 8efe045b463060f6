"""How fast sequences become predictions, against Keras's own `model.predict`.

    python tools/bench/prediction.py [--records 100000] [--length 101]

Two comparisons with one random network (stem of 64 x 15, residual dilated tower):
`predict` on ready one-hot arrays and on codes, and the whole way from a FASTA file to
a TSV file. Prints medians of interleaved repeats; the ratios come from one run.
CPU seconds count the work of all threads, and matter where other jobs share the cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from zoo import dna
from zoo.data.fasta import read_fasta
from zoo.files.output import open_output
from zoo.prediction.sequences import predict, predict_records

REPEATS = 3


def network() -> keras.Model:
    """The reference network: about 90 MFLOP a sequence of 1 kb."""
    inputs = x = keras.Input((None, 4))
    x = layers.Conv1D(64, 15, padding="same", activation="relu", name="stem")(x)
    x = layers.MaxPooling1D(4)(x)
    for layer, rate in enumerate((1, 2, 4, 8), start=1):
        y = layers.Conv1D(
            64,
            3,
            padding="same",
            dilation_rate=rate,
            activation="relu",
            name=f"tower_{layer}",
        )(x)
        x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(1, name="head")(x))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=101)
    parser.add_argument("--batch-size", type=int, default=256)
    arguments = parser.parse_args()
    size, batch = arguments.records, arguments.batch_size

    model = network()
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (size, arguments.length)).astype(np.uint8)
    one_hot = dna.one_hot(codes)
    with tempfile.TemporaryDirectory() as folder:
        fasta, table = Path(folder, "in.fa"), Path(folder, "out.tsv")
        with fasta.open("w") as output:
            for index, row in enumerate(codes):
                output.write(f">record{index}\n{dna.decode(row)}\n")

        def whole() -> None:
            with open_output(table) as write:
                for records, predictions in predict_records(
                    model, read_fasta(fasta), batch_size=batch, activation="sigmoid"
                ):
                    rows = predictions.tolist()
                    write(
                        "".join(
                            f"{record.name}\t{row[0]:.6g}\n"
                            for record, row in zip(records, rows, strict=True)
                        )
                    )

        work: dict[str, Callable[[], object]] = {
            f"model.predict, batch_size={batch}": lambda: model.predict(
                one_hot, batch_size=batch, verbose=0
            ),
            "model.predict, its default of 32": lambda: model.predict(
                one_hot, verbose=0
            ),
            "zoo.predict, one-hot": lambda: predict(model, one_hot, batch_size=batch),
            "zoo.predict, codes": lambda: predict(model, codes, batch_size=batch),
            "zoo.predict, codes, jit_compile": lambda: predict(
                model, codes, batch_size=batch, jit_compile=True
            ),
            "FASTA file to TSV file": whole,
            "  of which reading": lambda: sum(1 for _ in read_fasta(fasta)),
        }
        first = codes[: 3 * batch]  # enough for all to have compiled
        predict(model, first, batch_size=batch, jit_compile=True)
        predict(model, first, batch_size=batch, activation="sigmoid")
        predict(model, one_hot[: len(first)], batch_size=batch)
        model.predict(one_hot[:batch], verbose=0)
        wall: dict[str, list[float]] = {name: [] for name in work}
        cpu: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(REPEATS):
            for name, function in work.items():
                start, start_cpu = time.perf_counter(), time.process_time()
                function()
                wall[name].append(time.perf_counter() - start)
                cpu[name].append(time.process_time() - start_cpu)
    print(f"{size:,} sequences of {arguments.length} bp, medians of {REPEATS}")
    for kind, times in (("wall", wall), ("CPU", cpu)):
        medians = {name: statistics.median(values) for name, values in times.items()}
        base, default, *_ = medians.values()
        print(f"{kind + ' seconds':34s} {'':8s} {'a second':>9s} x first x second")
        for name, median in medians.items():
            print(
                f"{name:34s} {median:8.2f} {size / median:9,.0f} "
                f"{base / median:7.2f} {default / median:8.2f}"
            )


if __name__ == "__main__":
    main()
