"""The bar that a named factor has to pass: the best match of its motif.

    python -m tools.training.motif_match yeast_factors fungi --data DATA --out FILE.json

Each output is scored by one matrix of JASPAR CORE 2026: its best match in a sequence on
either strand, in log-likelihood ratio against uniform bases. Where JASPAR has several
matrices of the output's name, and of outputs without one, where all are tried, the
validation split chooses by AUROC; it sets the threshold of MCC and accuracy, too.
The file is what `release.motif_baseline` of a training configuration reads.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from tools import datasets
from tools.datasets import Dataset
from zoo import samples
from zoo.dna import reverse_complement_codes
from zoo.interpretation.motifs import UNIFORM, Motif, log_odds, read_meme, scan
from zoo.training.reports.calibration import best_threshold
from zoo.training.reports.evaluation import classification_metrics


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures the matrices of one data set and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.training.motif_match",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=datasets.NAMES)
    parser.add_argument("motifs", choices=sorted(samples.JASPAR))
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options = parser.parse_args(arguments)
    dataset = datasets.load(options.name, options.data, options.seed)
    motifs = read_meme(samples.path(samples.JASPAR[options.motifs]))
    result = motif_match(dataset, motifs, options.seed) | {
        "command": f"python -m tools.training.motif_match {options.name} "
        f"{options.motifs} --data DATA --seed {options.seed}"
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for entry in result["metrics"]:
        print(f"{entry['name']:24s} {entry['value']:.3f}")


def motif_match(dataset: Dataset, motifs: Sequence[Motif], seed: int) -> dict[str, Any]:
    """Chooses a motif for each output and measures it on the test split.

    Args:
        dataset: With labels 0, 1 or NaN.
        motifs: Whose names are outputs' names, in any case; others are for outputs
            without a motif of their name.
        seed: Of the bootstrap.

    Returns:
        JSON-serializable: name, model, chosen (the identifier of each output's motif)
        and metrics.
    """
    scores = np.zeros(dataset.test.targets.shape)
    chosen, thresholds = {}, []
    for output, name in enumerate(dataset.output_names):
        named = [m for m in motifs if m.name.upper() == name.upper()]
        known = np.isfinite(dataset.validation.targets[:, output])
        codes = dataset.validation.codes[known]
        labels = dataset.validation.targets[known, output]
        best, motif = -np.inf, motifs[0]
        found = np.empty(0)
        for candidate in named or motifs:
            matches = best_match(candidate, codes)
            auroc = roc_auc_score(labels, matches)
            if auroc > best:
                best, motif, found = auroc, candidate, matches
        chosen[name] = f"{motif.name} {motif.identifier}".strip()
        thresholds.append(best_threshold(labels, found))
        tested = np.isfinite(dataset.test.targets[:, output])
        scores[tested, output] = best_match(motif, dataset.test.codes[tested])
    return {
        "name": dataset.name,
        "model": "best match of one JASPAR matrix on either strand; matrix, where "
        "there are several of the name or none, and threshold chosen on validation",
        "chosen": chosen,
        "metrics": classification_metrics(
            dataset.output_names,
            dataset.test.targets,
            scores,
            split="test",
            seed=seed,
            thresholds=thresholds,
        ),
    }


def best_match(motif: Motif, codes: np.ndarray) -> np.ndarray:
    """The highest log-likelihood ratio of any window, either strand: float64 `(n,)`.

    Args:
        motif: No wider than the sequences.
        codes: uint8 `(n, length)`; N adds 0.
    """
    weights = log_odds(motif, background=UNIFORM)
    strands = codes, reverse_complement_codes(codes)
    return np.max([scan(weights, strand).max(axis=1) for strand in strands], axis=0)


if __name__ == "__main__":
    main()
