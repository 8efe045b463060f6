"""How fast sequences become predictions, against Keras's own `model.predict`.

    python -m tools.bench.prediction [--records 100000] [--length 101]

Two comparisons with one random network (stem of 64 x 15, residual dilated tower):
`predict` on ready one-hot arrays and on codes, and the whole way from a FASTA file to
a TSV file. Prints medians of interleaved repeats; the ratios come from one run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from tools.bench.timing import medians, network, print_table
from zoo import dna
from zoo.data.fasta import read_fasta
from zoo.files.output import open_output
from zoo.prediction.sequences import predict, predict_records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=101)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
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
        times = medians(work, arguments.repeats)
    print(f"{size:,} sequences of {arguments.length} bp, medians")
    base, default, *_ = times.values()
    print_table(
        ["wall", "s", "per s", "x first", "x second"],
        (
            [name, s.wall, size / s.wall, base.wall / s.wall, default.wall / s.wall]
            for name, s in times.items()
        ),
    )
    print_table(
        ["CPU", "s", "x first", "x second"],
        (
            [name, s.cpu, base.cpu / s.cpu, default.cpu / s.cpu]
            for name, s in times.items()
        ),
    )


if __name__ == "__main__":
    main()
