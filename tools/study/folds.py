"""A recipe trained once for each fold of its table, and what each is worth on its own.

    nice python -m tools.study.folds tools/recipes/splice_junctions_v2.toml

The table of the recipe has a column "fold". Each fold is the test data of one run, that
before it the validation data, and the rest is trained on. Nothing is released. Each
run is a line of `tools/runs/folds.csv`, and the mean and its spread are printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.datasets.tables import read_columns
from tools.runs import FOLDER, record
from zoo import training
from zoo.training import Config
from zoo.training.configuration.config import Split

COLUMN = "fold"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.study.folds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--folds", nargs="+", help="names of those tested; default: all"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="default: tools/runs")
    options = parser.parse_args(arguments)
    config = training.read_config(options.recipe)
    known = folds_of(config.path(config.data.path))
    if unknown := sorted({*(options.folds or ())} - {*known}):
        parser.error(
            f"argument --folds: expected some of {', '.join(known)}. "
            f"Received: {', '.join(unknown)}"
        )
    found = study(options.recipe, options.seed, options.folds, options.out)
    for name in found[0]:
        values = [each[name] for each in found]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        print(f"{name} {statistics.mean(values):.4f} +- {spread:.4f}")


def study(
    recipe: Path, seed: int, only: Sequence[str] | None, out: Path
) -> list[dict[str, float]]:
    """The metrics of the test data of each fold.

    Args:
        recipe: A configuration of `seqzoo train`.
        seed: Of all runs.
        only: Folds to be tested; None for all.
        out: Folder of the CSV file.
    """
    config = training.read_config(recipe)
    folds = folds_of(config.path(config.data.path))
    found = []
    for fold in only or folds:
        with tempfile.TemporaryDirectory() as folder:
            one = with_fold(config, folds, folds.index(fold), seed, folder)
            run = training.train(one)
        metrics = {
            f"test_{entry['name']}": entry["value"]
            for entry in run.measured.metrics
            if entry["split"] == "test"
        }
        print(fold, json.dumps(metrics), flush=True)
        record(
            "folds",
            dataset=config.name,
            architecture=config.model.architecture or "release",
            arguments={"fold": fold},
            seed=seed,
            parameters=run.model.count_params(),
            metrics=metrics,
            folder=out,
        )
        found.append(metrics)
    return found


def folds_of(table: Path) -> list[str]:
    """Names of the folds of a table, sorted."""
    return sorted(set(read_columns(table, COLUMN)[0]))


def with_fold(
    config: Config, folds: Sequence[str], tested: int, seed: int, folder: str
) -> Config:
    """The configuration of one run, which releases nothing."""
    valid, test = folds[tested - 1], folds[tested]
    keywords = {
        "column": COLUMN,
        "train": [fold for fold in folds if fold not in (valid, test)],
        "valid": valid,
        "test": test,
    }
    return dataclasses.replace(
        config,
        name="fold_v1",
        folder=str(Path(folder).resolve()),
        seed=seed,
        data=dataclasses.replace(config.data, split=Split("column", keywords)),
        release=None,
    )


if __name__ == "__main__":
    main()
