"""How fast a genome is predicted, against Keras's own `model.predict`.

    python -m tools.bench.genome_prediction [--genome yeast.fa] [--tile 50]

The whole of `zoo.predict_genome` (reading, inference, parts, bigWig files) with
`rc_dilated_v1`, against `model.predict` on one-hot arrays that are ready: at its
default batch size of 32, and at ours. Windows a second; the ratios come from one run.
Both are warm: compiled, and the genome's cache made. `model.predict` is timed on some
windows only, as the arrays of all would not fit; the repeats alternate.
CPU seconds count the work of all threads, and matter where other jobs share the cores.
Then what the files of an assembly of very many scaffolds cost, in each format, ten bins
a scaffold and one output: it has to grow as their number.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import zoo
from zoo import dna
from zoo.data.genomes.genome import Genome
from zoo.prediction.genome import tiles, writers
from zoo.prediction.genome.job import Rows
from zoo.prediction.genome.writers.track import Track

RELEASE = "rc_dilated_v1"


def synthetic(path: Path, bases: int) -> Path:
    """Sixteen contigs of random bases, as yeast has."""
    generator = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)
    with path.open("wb") as output:
        for number in range(16):
            text = letters[generator.integers(0, 4, bases // 16)].tobytes()
            lines = [text[i : i + 60] for i in range(0, len(text), 60)]
            output.write(b">chr%d\n" % number + b"\n".join(lines) + b"\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genome", type=Path, help="default: 12 Mb at random")
    parser.add_argument("--bases", type=int, default=12_000_000)
    parser.add_argument("--window", type=int, default=101)
    parser.add_argument("--tile", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--sample", type=int, default=20_000, help="windows of peers")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", default="x.bw", help="name, whose extension counts")
    parser.add_argument("--xla", action="store_true", help="measure with XLA, too")
    parser.add_argument(
        "--scaffolds", type=int, nargs="*", default=(10_000, 100_000), metavar="N"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(arguments, Path(folder))
        for count in arguments.scaffolds:
            for extension in (".tsv", ".bw", ".parquet", ".h5"):
                scaffolds(Path(folder) / f"scaffolds{extension}", count)


def scaffolds(path: Path, count: int) -> None:
    """Prints CPU seconds and size of a file of bins of so many scaffolds."""
    track = Track(
        {f"scaffold_{number}": 1_000 for number in range(count)},
        ("v",),
        ("v",),
        ("",),
        100,
        {},
    )
    number = np.tile(np.arange(10), count)
    contig = np.repeat(np.arange(count), 10)
    values = np.random.default_rng(0).random((len(contig), 1)).astype(np.float32)

    def rows(_: slice) -> Iterator[Rows]:
        for first in range(0, len(contig), 1 << 16):
            part = slice(first, first + (1 << 16))
            start = number[part] * 100
            yield Rows(contig[part], number[part], start, start + 100, values[part])

    began = time.process_time()
    writers.writer(path)([path], track, rows)
    seconds, size = time.process_time() - began, path.stat().st_size / 1e6
    print(f"{count:,} scaffolds, {path.suffix}: {seconds:.2f} s of CPU, {size:.1f} MB")


def measure(arguments: argparse.Namespace, folder: Path) -> None:
    path = arguments.genome or synthetic(folder / "genome.fa", arguments.bases)
    genome = Genome(path)
    shape = tiles.geometry(arguments.window, None, None, arguments.tile)
    tiling = tiles.whole_contigs(shape, genome.contigs, None, "pad")
    sample = min(arguments.sample, len(tiling))
    places = tiling.places(0, sample)
    codes = genome.gather(
        places.contig, tiling.window_starts(places), arguments.window, beyond="pad"
    )
    ready = dna.one_hot(codes)
    model = zoo.load(RELEASE)

    def ours(**changes: Any) -> Callable[[], object]:
        return lambda: zoo.predict_genome(
            RELEASE,
            path,
            folder / arguments.out,
            step=arguments.tile,
            sequence_length=arguments.window,
            batch_size=arguments.batch_size,
            **changes,
        )

    work: dict[str, tuple[int, Callable[[], object]]] = {
        "model.predict, its default of 32": (
            sample,
            lambda: model.predict(ready, verbose=0),
        ),
        f"model.predict, batch_size={arguments.batch_size}": (
            sample,
            lambda: model.predict(ready, batch_size=arguments.batch_size, verbose=0),
        ),
        "zoo.predict, codes": (
            sample,
            lambda: zoo.predict(model, codes, batch_size=arguments.batch_size),
        ),
        "zoo.predict_genome": (len(tiling), ours()),
    }
    if arguments.xla:
        work["zoo.predict_genome, XLA"] = (len(tiling), ours(jit_compile=True))
    for name, (_, function) in work.items():
        if "genome" not in name:
            function()
    wall: dict[str, list[float]] = {name: [] for name in work}
    cpu: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(arguments.repeats):
        for name, (windows, function) in work.items():
            start, start_cpu = time.perf_counter(), time.process_time()
            function()
            wall[name].append(windows / (time.perf_counter() - start))
            cpu[name].append(windows / (time.process_time() - start_cpu))
    print(
        f"{sum(genome.contigs.values()):,} bp, {len(tiling):,} windows of "
        f"{arguments.window} bp every {arguments.tile}, medians of {arguments.repeats}"
    )
    for kind, rates in (("wall", wall), ("CPU", cpu)):
        medians = {name: statistics.median(values) for name, values in rates.items()}
        first, second, *_ = medians.values()
        print(f"{'windows a second, ' + kind:34s} {'':10s} x first  x second")
        for name, rate in medians.items():
            print(f"{name:34s} {rate:10,.0f} {rate / first:8.2f} {rate / second:9.2f}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"most memory: {most:,.0f} MiB, backend included")


if __name__ == "__main__":
    main()
