"""What the defaults of `seqzoo train` make of a few hundred sequences.

    nice python -m tools.study.small_data uci_splice shallow_wide --data DATA
    nice python -m tools.study.small_data uci_splice kmers --data DATA --seeds 0 1

Random training and validation sequences of a data set, a fifth as many for validation,
are trained on as `seqzoo train` does, and measured by the mean AUROC over the outputs
on 1,000 of the test split; `kmers` in place of an architecture is the k-mer regression.
Keys of the configuration given by `--set training.epochs=20` are tried in place of the
defaults. Each run is a line of `tools/runs/small_data.csv`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from tools import datasets
from tools.benchmarks.running import splits_of
from tools.datasets import Dataset, Split
from tools.runs import FOLDER, record
from tools.study.reverse_complement import trainable
from tools.training.kmer_logistic import logistic_regression
from zoo.prediction.sequences import predict
from zoo.training.configuration.config_file import parse_config
from zoo.training.runs.data_size import settled
from zoo.training.runs.member import train_member
from zoo.training.runs.running import strategy_of

TEST, LEAST_VALIDATION = 1_000, 20
# What was the default for all data before the size of the data decided.
BEFORE = {
    "training.epochs": 20,
    "training.batch_size": 128,
    "training.normalization_momentum": 1.0,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.study.small_data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", choices=datasets.NAMES)
    parser.add_argument("architecture", help="or kmers")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sequences", type=int, nargs="+", default=[300])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--outputs", type=int, nargs="+", help="numbers; default: all")
    parser.add_argument(
        "--before", action="store_true", help="with the former defaults, too"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="in TOML"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="default: tools/runs")
    options = parser.parse_args(arguments)
    keys: dict[str, Any] = {}
    for each in options.set:
        key, _, value = each.partition("=")
        keys[key] = tomllib.loads(f"value = {value}")["value"]
    whole = datasets.load(options.dataset, options.data, 0)
    for count in options.sequences:
        for seed in options.seeds:
            few = subsample(whole, count, seed, options.outputs)
            for start in ({}, BEFORE) if options.before else ({},):
                run(
                    options.dataset,
                    options.architecture,
                    few,
                    seed,
                    start | keys,
                    options.out,
                )


def subsample(
    dataset: Dataset, count: int, seed: int, outputs: Sequence[int] | None = None
) -> Dataset:
    """Some sequences of each split, of those with a label of the wanted outputs."""
    random = np.random.default_rng(seed)
    kept = list(range(len(dataset.output_names)) if outputs is None else outputs)
    sizes = {
        "train": count,
        "validation": max(LEAST_VALIDATION, count // 5),
        "test": TEST,
    }
    found: dict[str, Any] = {}
    for name, size in sizes.items():
        split = getattr(dataset, name)
        targets = split.targets[:, kept]
        rows = np.flatnonzero(~np.isnan(targets).all(axis=1))
        # The test sequences are the same for all seeds.
        draw = np.random.default_rng(0) if name == "test" else random
        rows = draw.permutation(rows)[:size]
        found[name] = Split(split.codes[rows], targets[rows])
    names = tuple(dataset.output_names[each] for each in kept)
    return dataclasses.replace(dataset, output_names=names, **found)


def run(
    name: str,
    architecture: str,
    data: Dataset,
    seed: int,
    keys: dict[str, Any],
    out: Path,
) -> None:
    """Trains and measures once, and records it."""
    start = time.perf_counter()
    parameters = None
    if architecture == "kmers":
        _, keys, predicted = logistic_regression(data)
    else:
        predicted, parameters = trained(architecture, data, seed, keys)
    pairs = zip(data.test.targets.T, predicted.T, strict=True)
    auroc = [roc_auc_score(y[~np.isnan(y)], p[~np.isnan(y)]) for y, p in pairs]
    result = {"test_auroc": float(np.mean(auroc))}
    print(name, architecture, len(data.train), seed, json.dumps(keys), result)
    record(
        "small_data",
        dataset=f"{name} {','.join(data.output_names)}",
        architecture=architecture,
        seed=seed,
        metrics=result,
        seconds=time.perf_counter() - start,
        parameters=parameters,
        arguments={"sequences": len(data.train)} | keys,
        folder=out,
    )


def trained(
    architecture: str, data: Dataset, seed: int, keys: dict[str, Any]
) -> tuple[np.ndarray, int]:
    """Predictions for the test split, by the training of `seqzoo train`."""
    splits = splits_of(data)
    content: dict[str, Any] = {
        "name": "small_v1",
        "seed": seed,
        "data": {
            "format": "table",
            "path": "none",
            "task": "multi-label",
            "targets": list(data.output_names),
            "split": {"by": "column", "column": "split"},
        },
        "model": {"architecture": architecture},
    }
    for place, value in keys.items():
        *tables, key = place.split(".")
        table = content
        for each in tables:
            table = table.setdefault(each, {})
        table[key] = value
    config = settled(parse_config(content), splits)
    with tempfile.TemporaryDirectory() as folder:
        member = train_member(
            config, splits, strategy_of(config), Path(folder), verbose=0
        )
    return predict(member.model, data.test.codes), trainable(member.model)


if __name__ == "__main__":
    main()
