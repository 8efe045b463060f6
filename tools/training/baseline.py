"""The bar a network has to pass: linear models on k-mer counts.

    python -m tools.training.baseline gue_tf --data FOLDER --out gue_tf.json

Classification: logistic regression on the counts of all 4-, 5- and 6-mers, one model
per output, its C chosen on the validation split by AUROC. Profiles: ridge regression of
each bin on the counts of 4- and 5-mers in a stretch around it, whose width and
penalty are chosen on the validation split by Pearson. Both strands are counted
together where the targets do not depend on the strand.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools import datasets
from tools.datasets import Dataset
from tools.training.kmer_logistic import logistic_regression
from tools.training.kmer_ridge import ridge_regression
from zoo.training.reports.evaluation import classification_metrics, profile_metrics


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains and measures one baseline, prints the result and writes it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.training.baseline",
        description="Linear models on k-mer counts, measured on the test split.",
    )
    parser.add_argument("name", choices=datasets.NAMES)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of the sources"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    result = baseline(
        datasets.load(options.name, options.data, options.seed), options.seed
    ) | {
        "command": f"python -m tools.training.baseline {options.name} --data DATA "
        f"--seed {options.seed}"
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")


def baseline(dataset: Dataset, seed: int) -> dict[str, Any]:
    """Trains the linear model that suits the data set and measures it on test.

    Args:
        dataset: Its targets decide between classification and profile.
        seed: Of the bootstrap.

    Returns:
        JSON-serializable: name, model, chosen, metrics (as from
        `zoo.training.reports.evaluation`) and what the loader dropped.
    """
    if dataset.test.targets.ndim == 2:
        model, chosen, predictions = logistic_regression(dataset)
        metrics = classification_metrics(
            dataset.output_names,
            dataset.test.targets,
            predictions,
            split="test",
            seed=seed,
        )
    else:
        model, chosen, predictions = ridge_regression(dataset)
        metrics = profile_metrics(
            dataset.output_names,
            dataset.test.targets,
            predictions,
            split="test",
            seed=seed,
        )
    return {
        "name": dataset.name,
        "model": model,
        "chosen": chosen,
        "metrics": metrics,
        "dropped": dataset.dropped,
    }


if __name__ == "__main__":
    main()
