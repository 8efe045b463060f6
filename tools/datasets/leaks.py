"""How much of a test split is like the training split, and what that is worth.

    python -m tools.datasets.leaks gue_tf --data ../shared/data --release rc_dilated_v1

For each output: the test rows that have a near duplicate (80% of the bases over half of
the sequence, on either strand) among the training rows that are labelled for it, how
many of these rows have its label, and, of a release, the metrics with and without them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from tools import datasets
from tools.datasets import Dataset
from zoo.splits import leakage
from zoo.training.reports.evaluation import classification_metrics


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures one data set, prints the result and writes it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.datasets.leaks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=datasets.NAMES)
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--release", help="a name or a folder, with these outputs")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    dataset = datasets.load(options.name, options.data, options.seed)
    result = {
        "name": options.name,
        "release": options.release,
        "outputs": measured(dataset, options.release, options.seed),
    }
    text = json.dumps(result, indent=1)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")


def measured(dataset: Dataset, release: str | None, seed: int) -> dict[str, Any]:
    """What leaks into the test split of each output.

    Args:
        dataset: With labels 0, 1 or NaN.
        release: Whose metrics are measured: AUROC and AUPRC, which need no threshold,
            with and without the rows that leak.
        seed: Of the bootstrap.
    """
    predictions = None
    if release is not None:
        model = zoo.load(release)
        predictions = zoo.predict(model, dataset.test.codes, activation="sigmoid")
    found: dict[str, dict[str, Any]] = {}
    for output, name in enumerate(dataset.output_names):
        train, test = (
            part.take(np.isfinite(part.targets[:, output]))
            for part in (dataset.train, dataset.test)
        )
        leaks = leakage(train.codes, test.codes).leaks
        rows = [leak.test_row for leak in leaks]
        own = test.targets[rows, output]
        theirs = train.targets[[leak.train_row for leak in leaks], output]
        found[name] = {
            "test_rows": len(test),
            "near_duplicates": len(leaks),
            "fraction": round(len(leaks) / len(test), 4),
            "same_label": round(float((own == theirs).mean()), 4) if leaks else None,
        }
        if predictions is not None:
            known = np.isfinite(dataset.test.targets[:, output])
            clean = np.ones(len(test), bool)
            clean[rows] = False
            for what, chosen in (("all", slice(None)), ("without", clean)):
                entries = classification_metrics(
                    [name],
                    test.targets[chosen, output][:, None],
                    predictions[known, output][chosen][:, None],
                    split="test",
                    seed=seed,
                )
                found[name][what] = {
                    entry["name"]: [
                        round(v, 4) for v in (entry["value"], *entry["ci95"])
                    ]
                    for entry in entries
                    if entry["name"].startswith(("auroc", "auprc"))
                }
    return found


if __name__ == "__main__":
    main()
