"""Trains architectures on data sets and measures them, a line of a file each.

    nice python -m tools.benchmarks DATASET ARCHITECTURE... --data DATA --seeds 0 1 2
    nice python -m tools.benchmarks all all --data DATA
    python -m tools.benchmarks --table

Each run has the same small budget (`tools.benchmarks.running.Budget`) and one core, and
is recorded in tools/runs/benchmarks.csv, failed ones with the reason. What is there is
not run again, and what was broken off goes on from its newest checkpoint. "all" data
sets are `DATASETS`, "all" architectures are those of the registry and a regression on
k-mer counts of the same rows; the first seed of all comes before the second of any.
`--table` writes the tables of docs/benchmarks.md and README.md from the file.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
from pathlib import Path
from typing import Any

from tools import runs
from tools.benchmarks.tables import DATASETS, KMERS, STUDY, write_tables


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", nargs="?", help="or all")
    parser.add_argument("architecture", nargs="*", help="or all")
    parser.add_argument("--data", type=Path, help="folder of the source files")
    parser.add_argument("--work", type=Path, default=Path("work/benchmarks"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--arguments", type=json.loads, default={}, help="JSON")
    parser.add_argument("--minutes", type=float, help="that a training may take")
    parser.add_argument("--again", action="store_true", help="also what failed before")
    parser.add_argument("--table", action="store_true", help="write it, train nothing")
    options = parser.parse_args()
    if options.table:
        write_tables()
        return
    if not options.architecture or options.data is None:
        parser.error("expected DATASET, ARCHITECTURE and --data, or --table")
    # One core, whatever else this machine does.
    for variable in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _run_all(options)


def _run_all(options: argparse.Namespace) -> None:
    import registry
    from tools import datasets
    from tools.benchmarks import strands
    from tools.benchmarks.running import Budget

    strands.register()

    budget = Budget()
    if options.minutes is not None:
        budget = Budget(minutes=options.minutes)
    chosen = list(DATASETS) if options.dataset == "all" else [options.dataset]
    names = options.architecture
    if names == ["all"]:
        names = [KMERS, *(each.name for each in registry.list_architectures())]
    loaded: dict[str, Any] = {}
    for seed, dataset, name in itertools.product(options.seeds, chosen, names):
        if runs.known(
            STUDY, dataset, name, options.arguments, seed, failed=not options.again
        ):
            continue
        if dataset not in loaded:
            loaded = {dataset: datasets.load(dataset, options.data, 0)}
        folder = options.work / "-".join([dataset, name, str(seed)])
        _recorded(loaded[dataset], name, options.arguments, budget, seed, folder)


def _recorded(
    dataset: Any,
    name: str,
    arguments: dict[str, Any],
    budget: Any,
    seed: int,
    folder: Path,
) -> None:
    import shutil

    import keras

    from tools.benchmarks.running import run, run_kmers

    found: dict[str, Any] = {"metrics": {}}
    error: BaseException | str = ""
    try:
        if name == KMERS:
            found = run_kmers(dataset, budget, seed)
        else:
            found = run(dataset, name, arguments, budget, seed, folder)
    except Exception as reason:
        # What a network refuses is a row of the table, too.
        error = reason
        shutil.rmtree(folder, ignore_errors=True)
    runs.record(
        STUDY,
        dataset=dataset.name,
        architecture=name,
        arguments=arguments,
        seed=seed,
        error=error,
        **found,
    )
    print(dataset.name, name, seed, error or found["metrics"], flush=True)
    keras.backend.clear_session(free_memory=True)


if __name__ == "__main__":
    main()
