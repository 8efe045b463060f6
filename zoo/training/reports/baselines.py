"""The bar that a network has to pass: k-mer regression, and what a file says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes, kmer_indices, reverse_complement_codes
from zoo.publishing.card import KMER_BASELINE, MOTIF_BASELINE
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.tasks import Task, tasks_of
from zoo.training.reports.calibration import chosen_threshold, platt
from zoo.training.reports.evaluation import (
    class_metrics,
    classification_metrics,
    regression_metrics,
)

if TYPE_CHECKING:
    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits

K = (4, 5, 6)
PENALTIES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)  # C of logistic regression
_RIDGE = (30_000.0, 10_000.0, 3_000.0, 1_000.0, 300.0, 100.0)
_ROWS = 8_192
_MOST = 100_000  # training examples


def baselines(config: Config, splits: Splits) -> list[dict[str, Any]]:
    """Metrics of what the configuration names beside the network, on the test split.

    Raises:
        ConfigError: A file that it names has no such metrics.
    """
    release = config.release
    if release is None:
        return []
    found = kmer_baseline(config, splits) if release.kmer_baseline is True else []
    return found + baselines_of_files(config)


def baselines_of_files(config: Config) -> list[dict[str, Any]]:
    """Those of release.kmer_baseline and release.motif_baseline that are files.

    Raises:
        ConfigError: One cannot be read, or has other entries.
    """
    release = config.release
    if release is None:
        return []
    found = []
    for key, prefix in (
        ("kmer_baseline", KMER_BASELINE),
        ("motif_baseline", MOTIF_BASELINE),
    ):
        file = getattr(release, key)
        if isinstance(file, str):
            where = f"release.{key}"
            found += _of_file(config.path(file), prefix, where)
    return found


def _of_file(path: Path, prefix: str, where: str) -> list[dict[str, Any]]:
    """The entries of the test split of a JSON file, with the prefix to their names."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        command = content.get("command", "unknown")
        return [
            {
                "name": f"{prefix}{entry['name']}",
                "split": "test",
                "value": float(entry["value"]),
                "ci95": [float(bound) for bound in entry["ci95"]],
                "command": str(command),
            }
            for entry in content["metrics"]
            if entry["split"] == "test"
        ]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"{where}: expected {path} to be JSON with a list "
            f'"metrics" of {{name, split, value, ci95}}. Received: {error!r:.100}'
        ) from None


def kmer_baseline(config: Config, splits: Splits) -> list[dict[str, Any]]:
    """Trains a linear model on k-mer counts on the same data, and measures it on test.

    The counts are those of all 4-, 5- and 6-mers, of shorter sequences of those that
    fit, and of both strands where the configuration treats them alike. Labels have a
    logistic regression each, classes one of all, values a ridge regression; the penalty
    is chosen on validation, by AUROC, likelihood and squared error. Of more than
    100,000 training examples that many are drawn.

    Args:
        config: The run's.
        splits: Its data, with a test split.

    Returns:
        Entries as of the network, with "kmer_baseline_" in front of their names; none
        of profiles.
    """
    release = config.release
    both = config.training.reverse_complement or (
        release is not None and release.symmetry in ("equivariant", "augmented")
    )
    if not len(splits.test):
        return []
    rows = np.arange(len(splits.train))
    if len(rows) > _MOST:
        rows = np.random.default_rng(config.seed).choice(rows, _MOST, replace=False)
    train = splits.train.subset(np.sort(rows))
    parts = (train, splits.valid, splits.test)
    counts: list[Any] = []
    found = []
    for head, task in tasks_of(config).items():
        if task.kind == "profile" or task.shares:
            continue
        counts = counts or [_counts(part, both) for part in parts]
        names = config.head(head).names(train.outputs)
        targets = [
            config.head(head).of(part.targets, part.outputs)
            for part in parts
            if part.targets is not None
        ]
        prefix = KMER_BASELINE + (f"{head}." if head else "")
        for entry in _measured(task, names, counts, targets, config.seed):
            found.append(entry | {"name": f"{prefix}{entry['name']}"})
    return found


def _counts(examples: Examples, both_strands: bool) -> Any:
    from scipy import sparse

    parts, ks = [], ks_of(examples.sequence_length)
    for first in range(0, len(examples), _ROWS):
        rows = np.arange(first, min(first + _ROWS, len(examples)))
        part = kmer_counts(examples.codes(rows), ks, both_strands)
        part.sum_duplicates()
        parts.append(part)
    return sparse.vstack(parts, format="csr")


def ks_of(sequence_length: int) -> list[int]:
    """4, 5 and 6; of shorter sequences those that fit, or their length.

    Args:
        sequence_length: In bp, at least 1.
    """
    return sorted({min(k, sequence_length) for k in K})


def kmer_counts(codes: Codes, ks: Sequence[int], both_strands: bool) -> Any:
    """Counts of all k-mers of each sequence; those with an N are not counted.

    Args:
        codes: uint8 `(n, length)`.
        ks: Lengths of the k-mers, in bp.
        both_strands: Whether the reverse complement's k-mers are added.

    Returns:
        float32 `(n, sum of 4**k)`, a SciPy CSR matrix.
    """
    from scipy import sparse

    column = np.concatenate([*kmer_columns(codes, ks, both_strands)], axis=1)
    known = column >= 0
    row = np.broadcast_to(np.arange(len(codes))[:, None], column.shape)[known]
    ones = np.ones(len(row), np.float32)
    shape = len(codes), sum(4**k for k in ks)
    return sparse.csr_matrix((ones, (row, column[known])), shape)


def kmer_columns(
    codes: Codes, ks: Sequence[int], both_strands: bool
) -> Iterator[npt.NDArray[np.int32]]:
    """The column of each k-mer among those of all `ks`, of one k and strand at a time.

    Args:
        codes: uint8 `(n, length)`.
        ks: Lengths of the k-mers, in bp.
        both_strands: Whether the reverse complement's follow.

    Yields:
        int32 `(n, length - k + 1)`, below the sum of 4**k; -1 of those with an N.
    """
    strands = [codes, reverse_complement_codes(codes)] if both_strands else [codes]
    first = 0
    for k in ks:
        for strand in strands:
            column = kmer_indices(strand, k)
            column[column >= 0] += first
            yield column
        first += 4**k


def _measured(
    task: Task, names: Sequence[str], counts: Sequence[Any], targets: Any, seed: int
) -> list[dict[str, Any]]:
    """The entries of one head."""
    arguments: dict[str, Any] = {"split": "test", "seed": seed}
    try:
        if task.kind == "classes":
            known = [~np.isnan(part).any(axis=1) for part in targets]
            x = [part[rows] for part, rows in zip(counts, known, strict=True)]
            y = [p[rows].argmax(1) for p, rows in zip(targets, known, strict=True)]
            seen, _, said = _logistic(x, y)
            full = np.zeros((len(said), len(names)))
            full[:, seen] = said
            return class_metrics(names, targets[2][known[2]], full, **arguments)
        said, cuts = np.zeros(targets[2].shape), []
        fit = _logistic_of_one if task.has_labels else _ridge
        for k in range(len(names)):
            known = [~np.isnan(part[:, k]) for part in targets[:2]]
            x = [part[rows] for part, rows in zip(counts, known, strict=False)]
            y = [part[rows, k] for part, rows in zip(targets, known, strict=False)]
            said[:, k], cut = fit([*x, counts[2]], y)
            cuts.append(cut)
        if task.has_labels:
            return classification_metrics(
                names, targets[2], said, thresholds=cuts, **arguments
            )
        return regression_metrics(names, targets[2], said, **arguments)
    except ValueError:  # one label only, or values that do not vary: nothing to compare
        return []


def _logistic_of_one(x: Sequence[Any], y: Sequence[Any]) -> tuple[Any, float | None]:
    # In 32 bits 1 - 1e-12 is 1, whose logit is infinite.
    valid, test = (said[:, 1].astype(np.float64) for said in _logistic(x, y)[1:])
    ends = (np.clip(p, 1e-12, 1 - 1e-12) for p in (valid, test))
    logits = [np.log(p) - np.log1p(-p) for p in ends]
    fit = platt(y[1], logits[0])  # as the network's
    if fit is not None:
        valid, test = (1 / (1 + np.exp(-fit[0] * z - fit[1])) for z in logits)
    return test, chosen_threshold(y[1], valid, calibrated=fit is not None)


def _logistic(x: Sequence[Any], y: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Classes, and probabilities of validation and test, of the best penalty."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss, roc_auc_score

    # Each fit starts from the last one's solution; C grows, so this is close.
    model = LogisticRegression(warm_start=True, max_iter=2000, tol=1e-3)

    def fit(penalty: float) -> tuple[float, Any]:
        model.set_params(C=penalty).fit(x[0], y[0])
        valid = model.predict_proba(x[1])
        said = model.classes_, valid, model.predict_proba(x[2])
        if valid.shape[1] == 2:
            return float(roc_auc_score(y[1], valid[:, 1])), said
        rows = np.isin(y[1], model.classes_)
        loss = log_loss(y[1][rows], valid[rows], labels=model.classes_)
        return -float(loss), said

    found: tuple[Any, Any, Any] = _best(fit, PENALTIES)
    return found


def _ridge(x: Sequence[Any], y: Sequence[Any]) -> tuple[Any, None]:
    from sklearn.linear_model import Ridge

    def fit(penalty: float) -> tuple[float, Any]:
        model = Ridge(alpha=penalty, solver="sparse_cg").fit(x[0], y[0])
        error = float(((model.predict(x[1]) - y[1]) ** 2).mean())
        return -error, model.predict(x[2])

    return _best(fit, _RIDGE), None


def _best(fit: Callable[[float], tuple[float, Any]], penalties: Sequence[float]) -> Any:
    """What the penalty with the best score gives."""
    return max(map(fit, penalties), key=lambda pair: pair[0])[1]
