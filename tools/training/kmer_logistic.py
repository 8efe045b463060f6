"""Logistic regression on k-mer counts: the bar for classification."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from tools.datasets import Dataset, Split
from zoo.training.reports.baselines import PENALTIES, K, kmer_counts


def logistic_regression(
    dataset: Dataset,
) -> tuple[str, dict[str, float], np.ndarray]:
    """Fits one logistic regression per output.

    Returns:
        A description, the C of each output, and probabilities for the test split,
        float64 `(n, num_outputs)`.
    """
    features = {
        name: kmer_counts(split.codes, K, dataset.reverse_complement)
        for name, split in (
            ("train", dataset.train),
            ("validation", dataset.validation),
            ("test", dataset.test),
        )
    }
    chosen, probabilities = {}, []
    for output, name in enumerate(dataset.output_names):
        x, y = _known(features["train"], dataset.train, output)
        x_validation, y_validation = _known(
            features["validation"], dataset.validation, output
        )
        best = -np.inf
        # Each fit starts from the last one's solution; C grows, so this is close.
        model = LogisticRegression(warm_start=True, max_iter=2000, tol=1e-3)
        for c in PENALTIES:
            model.set_params(C=c).fit(x, y)
            auroc = roc_auc_score(y_validation, model.decision_function(x_validation))
            if auroc > best:
                best, chosen[name] = auroc, c
                predicted = model.predict_proba(features["test"])[:, 1]
        probabilities.append(predicted)
    strands = "both strands" if dataset.reverse_complement else "one strand"
    description = (
        "logistic regression, counts of "
        f"{', '.join(f'{k}-mers' for k in K)}, {strands}; C by AUROC on "
        "validation"
    )
    return description, chosen, np.stack(probabilities, axis=1)


def _known(
    features: sparse.csr_matrix, split: Split, output: int
) -> tuple[sparse.csr_matrix, np.ndarray]:
    rows = ~np.isnan(split.targets[:, output])
    return features[rows], split.targets[rows, output]
