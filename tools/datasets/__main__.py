"""Writes a data set as a table that `seqzoo train` reads.

    python -m tools.datasets yeast_factors --data ../shared/data --out work/data

OUT/NAME.tsv.gz has a row a sequence: the columns `sequence`, `split` (train, valid or
test), one column an output, empty where it is unknown, and what else the loader knows
of each row. OUT/NAME.json says how many rows there are, what was left out, and where
the data come from.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from registry.files import replaced
from tools import datasets
from tools.datasets.yeast_factors import PANEL_WINDOW
from zoo.dna import decode

SPLITS = {"train": "train", "validation": "valid", "test": "test"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes one table and what it is made of."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.datasets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "name", choices=[n for n in datasets.NAMES if n != "yeast_dyads"]
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, default=Path("work/data"))
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--window",
        type=int,
        help=f"bp, of yeast_factors; default: the panel's {PANEL_WINDOW}",
    )
    options = parser.parse_args(arguments)
    further, name = {}, options.name
    if options.window is not None:
        if name != "yeast_factors":
            parser.error("--window goes with yeast_factors.")
        further["window"] = options.window
        name += f"_{options.window}bp" * (options.window != PANEL_WINDOW)
    dataset = datasets.load(options.name, options.data, options.seed, **further)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{name}.tsv.gz"
    write_table(dataset, path)
    said = summary(dataset)
    (options.out / f"{name}.json").write_text(json.dumps(said, indent=2) + "\n")
    print(json.dumps({k: v for k, v in said.items() if k != "facts"}, indent=2))
    print(path)


def write_table(dataset: datasets.Dataset, path: Path) -> None:
    """Writes all splits of a data set, gzip, tab-separated, with a header.

    Args:
        dataset: Of sequences with one target an output.
        path: Written whole or not at all; equal data give equal bytes.
    """
    further = list(dataset.train.columns)
    with (
        replaced(path) as fresh,
        fresh.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
    ):
        for line in _lines(dataset, further):
            packed.write(line)


def _lines(dataset: datasets.Dataset, further: list[str]) -> Iterator[bytes]:
    header = ["sequence", "split", *dataset.output_names, *further]
    yield ("\t".join(header) + "\n").encode()
    for split, name in SPLITS.items():
        rows = getattr(dataset, split)
        columns = zip(*(rows.columns[column] for column in further), strict=True)
        for codes, targets in zip(rows.codes, rows.targets, strict=True):
            cells = ["" if np.isnan(t) else f"{t:.6g}" for t in targets.tolist()]
            line = [decode(codes), name, *cells, *(next(columns) if further else ())]
            yield ("\t".join(line) + "\n").encode()


def summary(dataset: datasets.Dataset) -> dict[str, Any]:
    """Rows and labels of each split, what was left out, and the sources."""
    splits = {name: getattr(dataset, split) for split, name in SPLITS.items()}
    return {
        "name": dataset.name,
        "sequence_length": dataset.train.codes.shape[1],
        "rows": {name: len(split) for name, split in splits.items()},
        "outputs": {
            output: {
                name: {
                    "known": int(np.isfinite(split.targets[:, column]).sum()),
                    "sum": round(float(np.nansum(split.targets[:, column])), 3),
                }
                for name, split in splits.items()
            }
            for column, output in enumerate(dataset.output_names)
        },
        "dropped": dataset.dropped,
        "facts": dataset.facts,
    }


if __name__ == "__main__":
    main()
