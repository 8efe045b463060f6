"""Random intervals of a large genome to uint8 codes, against pyfaidx and a peer.

    python -m tools.bench.genome [--genome-size 1000000000] [--peer-python PATH]

Writes a random genome to a temporary folder, reads new random intervals of it with
`Genome`, with and without a cache, with pyfaidx's as_raw loop (which gives text, not
codes) and, where the Python of --peer-python or this one has it, with GenVarLoader's
`Reference.fetch` (which gives letters), and deletes all of it. Prints medians of
interleaved repeats; the ratios come from one run. The files are in the page cache, as
after a first epoch. Memory is this process's own (RssAnon); the pages of the file that
it has mapped (RssFile) belong to the system, which takes them back when it needs to.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.bench.timing import print_table, timed
from zoo.data.genomes.genome import Genome

CONTIGS = 10
LINE = 60
Integers = npt.NDArray[np.int64]
Cut = Callable[[Integers, Integers, int], float]

# Runs in the peer's own Python, which has neither seqzoo nor its dependencies.
PEER = """
import json, sys, time
import genvarloader, numpy as np
reference = genvarloader.Reference.from_path(sys.argv[1], in_memory=False)
print("ready", genvarloader.__version__, flush=True)
for line in sys.stdin:
    with np.load(line.strip()) as arrays:
        numbers, starts, ends = (arrays[k] for k in ("numbers", "starts", "ends"))
    began = time.perf_counter()
    fetched = reference.fetch(numbers, starts, ends)
    seconds = time.perf_counter() - began
    total = int(np.asarray(fetched.data).view(np.uint8)[:100_000].sum())
    print(json.dumps([seconds, total]), flush=True)
"""


def write_genome(path: Path, size: int) -> None:
    """Random bases in lines of 60, with an index."""
    rng = np.random.default_rng(0)
    length = size // CONTIGS // LINE * LINE
    index = []
    with path.open("wb") as output:
        for number in range(CONTIGS):
            output.write(f">chr{number + 1}\n".encode())
            index.append(f"chr{number + 1}\t{length}\t{output.tell()}\t{LINE}\t61\n")
            for first in range(0, length // LINE, 1 << 20):
                lines = min(1 << 20, length // LINE - first)
                text = np.full((lines, LINE + 1), ord("\n"), np.uint8)
                codes = rng.integers(0, 4, (lines, LINE), np.uint8)
                text[:, :LINE] = np.frombuffer(b"ACGT", np.uint8)[codes]
                output.write(text.data)
    Path(f"{path}.fai").write_text("".join(index))


def read_with(genome: Genome) -> Cut:
    return lambda *intervals: timed(lambda: genome.gather(*intervals)).wall


def read_with_pyfaidx(path: Path) -> Cut:
    import pyfaidx

    fasta = pyfaidx.Fasta(str(path), as_raw=True, rebuild=False)
    names = list(fasta.keys())

    def cut(numbers: Integers, starts: Integers, length: int) -> float:
        pairs = list(zip(numbers.tolist(), starts.tolist(), strict=True))
        return timed(lambda: [fasta[names[c]][s : s + length] for c, s in pairs]).wall

    return cut


@contextlib.contextmanager
def read_with_peer(python: str, path: Path) -> Iterator[tuple[str, Cut]]:
    process = subprocess.Popen(
        [python, "-c", PEER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    version = process.stdout.readline().split()
    if version[:1] != ["ready"]:
        raise SystemExit(f"{python} could not run GenVarLoader")
    arrays = path.with_name("intervals.npz")

    def cut(numbers: Integers, starts: Integers, length: int) -> float:
        assert process.stdin and process.stdout
        np.savez(arrays, numbers=numbers, starts=starts, ends=starts + length)
        process.stdin.write(f"{arrays}\n")
        process.stdin.flush()
        seconds, _ = json.loads(process.stdout.readline())
        return float(seconds)

    try:
        yield f"GenVarLoader {version[1]}", cut
    finally:
        process.stdin.close()
        process.wait(timeout=60)


def memory() -> str:
    """What this process holds now, in MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return "not known on this system"
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    held = {k: int(lines[k].split()[0]) / 1e3 for k in ("RssAnon", "RssFile", "VmHWM")}
    return ", ".join(f"{name} {megabytes:,.0f} MB" for name, megabytes in held.items())


def compare(path: Path, arguments: argparse.Namespace, peer: str | None) -> None:
    built = timed(lambda: Genome(path)).wall
    opened = statistics.median(timed(lambda: Genome(path)).wall for _ in range(5))
    print(f"cache built in {built:.1f} s, opened in {1e3 * opened:.1f} ms")
    opened = timed(lambda: Genome(path, cache=False)).wall
    print(f"text opened in {opened:.2f} s")
    genome = Genome(path)
    with contextlib.ExitStack() as stack:
        readers: dict[str, Cut] = {
            "Genome": read_with(genome),
            "Genome, cache=False": read_with(Genome(path, cache=False)),
            "pyfaidx as_raw": read_with_pyfaidx(path),
        }
        if peer is not None:
            name, cut = stack.enter_context(read_with_peer(peer, path))
            readers[name] = cut
        lengths = np.array([*genome.contigs.values()])
        rng = np.random.default_rng(1)
        print("memory before:", memory())
        for length in arguments.lengths:
            rates: dict[str, list[float]] = {name: [] for name in readers}
            for _ in range(arguments.rounds + 1):
                for name, cut in readers.items():
                    count = arguments.intervals
                    if name.startswith("pyfaidx"):
                        count //= 10
                    numbers = rng.integers(0, CONTIGS, count)
                    starts = rng.integers(0, lengths[numbers] - length + 1)
                    rates[name].append(count / cut(numbers, starts, length))
            # The first round maps pages and warms up.
            medians = {n: statistics.median(r[1:]) for n, r in rates.items()}
            peers = [n for n in medians if not n.startswith("Genome")]
            print_table(
                [f"{length:,} bp", "k/s", *(f"x {name}" for name in peers)],
                (
                    [name, rate / 1e3, *(rate / medians[each] for each in peers)]
                    for name, rate in medians.items()
                ),
            )
        print("memory after: ", memory())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--genome-size", type=int, nargs="+", default=[100_000_000, 1_000_000_000]
    )
    parser.add_argument("--intervals", type=int, default=100_000)
    parser.add_argument("--lengths", type=int, nargs="+", default=[500, 2_048])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="where the genome is written for a while")
    parser.add_argument("--peer-python", help="a Python that has genvarloader")
    arguments = parser.parse_args()
    peer = arguments.peer_python
    if peer is None and importlib.util.find_spec("genvarloader"):
        peer = sys.executable
    for size in arguments.genome_size:
        with tempfile.TemporaryDirectory(dir=arguments.out) as folder:
            os.environ["SEQZOO_CACHE"] = str(Path(folder, "cache"))
            path = Path(folder, "genome.fa")
            write_genome(path, size)
            print(f"{size:,} bp, {arguments.intervals:,} new intervals per round")
            compare(path, arguments, peer)


if __name__ == "__main__":
    main()
