"""Greedy design against tangermeme's `greedy_substitution`, of the same network.

    python -m tools.bench.design --tangermeme PYTHON [--count 100] [--peer-count 100]

Processor seconds, on one thread, of ten edits of random sequences of 200 bp that raise
the output of the reference network: stem 64 x 15, max pooling of 4, four residual
dilated layers 64 x 3. Ours designs all at once, tangermeme one after the other, in a
process of its own, turn by turn; of fewer sequences its seconds are those of all in
proportion. Both find the same sequences.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import zoo
from tools.bench.timing import network, print_table, timed
from zoo.interpretation import Designs

TOP = Path(__file__).resolve().parents[2]
PEER = "from tools.bench.design_tangermeme import serve; serve({path!r}, {edits})"
LENGTH, EDITS = 200, 10
ROUNDS = 2  # of ours, one before the peer and one behind it


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tangermeme", metavar="PYTHON", required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--peer-count", type=int, default=100)
    options = parser.parse_args()
    model = network(LENGTH)
    shape = (options.count, LENGTH)
    codes = np.random.default_rng(0).integers(0, 4, shape, dtype=np.uint8)
    weights = {f"weights_{n}": w for n, w in enumerate(model.get_weights())}

    def ours() -> Designs:
        return zoo.design(model, "output_0", sequences=codes, max_edits=EDITS)

    designs: list[Designs] = []
    seconds, theirs, same = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/bench.npz"
        np.savez(path, codes=codes, **weights)
        with subprocess.Popen(
            [options.tangermeme, "-c", PEER.format(path=path, edits=EDITS)],
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as peer:
            assert peer.stdin is not None and peer.stdout is not None
            rows = range(min(options.peer_count, options.count))
            for number in range(ROUNDS):
                seconds.append(timed(lambda: designs.append(ours())).cpu)
                for row in rows[number::ROUNDS]:
                    print(row, file=peer.stdin, flush=True)
                    taken, letters = peer.stdout.readline().split()
                    theirs.append(float(taken))
                    same += letters == designs[0].sequences[row]
            peer.stdin.close()
    mine = min(seconds)
    other = sum(theirs) * options.count / len(theirs)
    print_table(
        ["", "ours", "tangermeme", "of it", "the same designs"],
        [
            [
                f"{options.count} sequences, {EDITS} edits",
                *(mine, other, mine / other),
                f"{same} of {len(theirs)}",
            ]
        ],
    )


if __name__ == "__main__":
    main()
