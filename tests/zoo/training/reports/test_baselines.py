"""Baselines beside a network: k-mers on data whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from zoo.data.sources.arrays import from_arrays
from zoo.splits.splits import Splits
from zoo.training.configuration.config import (
    Config,
    ConfigError,
    Data,
    Model,
    Split,
    Training,
)
from zoo.training.configuration.publication import Publication
from zoo.training.reports.baselines import (
    PENALTIES,
    K,
    _logistic_of_one,
    baselines,
    baselines_of_files,
    kmer_baseline,
    kmer_counts,
    ks_of,
)


def splits(task: str) -> Splits:
    """Sequences of which half have GATTACA, in any of its strands."""
    random = np.random.default_rng(0)
    parts = []
    for size in (200, 60, 60):
        codes = random.integers(0, 4, (size, 30), dtype=np.uint8)
        bound = (np.arange(size) % 2).astype(np.float32)
        codes[bound == 1, 8:15] = [2, 0, 3, 3, 0, 1, 0]
        bound[:3] = np.nan
        targets: Any = bound[:, None]
        if task == "classes":
            targets = np.stack([1 - bound, bound], axis=1)
        if task == "regression":
            targets = targets + random.normal(0, 0.1, (size, 1))
        names = ("free", "bound")[-targets.shape[1] :]
        parts.append(from_arrays(codes, targets, outputs=names))
    return Splits(*parts)


def config(task: Any, base: Path = Path(), **said: Any) -> Config:
    data = Data("table", "rows.tsv", Split("random"), task)
    release = Publication("a", "CC0-1.0", **said)
    training = Training(reverse_complement=True)
    model = Model("shallow_wide")
    return Config("a_v1", data, model, training=training, release=release, base=base)


@pytest.mark.parametrize("task", ["binary", "classes", "regression"])
def test_kmers_find_a_word(task: str) -> None:
    entries = kmer_baseline(config(task), splits(task))
    found = {entry["name"]: entry["value"] for entry in entries}
    assert {entry["split"] for entry in entries} == {"test"}
    metric = "pearson" if task == "regression" else "auroc"
    assert found[f"kmer_baseline_{metric}_bound"] > 0.85
    if task != "regression":
        mcc = "mcc" if task == "classes" else "mcc_bound"
        assert found[f"kmer_baseline_{mcc}"] > 0.6


@pytest.mark.parametrize(
    ("length", "ks"), [(1, [1]), (3, [3]), (4, [4]), (5, [4, 5]), (6, [4, 5, 6])]
)
def test_sequences_shorter_than_six_have_the_kmers_that_fit(
    length: int, ks: list[int]
) -> None:
    assert ks_of(length) == ks
    random = np.random.default_rng(0)
    parts = []
    for size in (200, 60, 60):
        codes = random.integers(0, 4, (size, length), dtype=np.uint8)
        rich = (
            np.isin(codes, (1, 2)).mean(axis=1, keepdims=True) > 0.5
        )  # of both strands
        parts.append(from_arrays(codes, rich.astype(np.float32), outputs=("rich",)))
    found = {
        e["name"]: e["value"] for e in kmer_baseline(config("binary"), Splits(*parts))
    }
    assert found["kmer_baseline_auroc_rich"] > 0.85


def test_labels_are_ranked_as_scikit_learn_ranks_them() -> None:
    data = splits("binary")
    x, y = [], []
    for part in (data.train, data.valid, data.test):
        assert part.targets is not None
        known = ~np.isnan(part.targets[:, 0])
        x.append(kmer_counts(part.codes()[known], K, both_strands=True))
        y.append(part.targets[known, 0])
    scored = []
    for c in PENALTIES:
        model = LogisticRegression(C=c, max_iter=2000).fit(x[0], y[0])
        both = [model.decision_function(part) for part in x[1:]]
        scored.append([roc_auc_score(t, s) for t, s in zip(y[1:], both, strict=True)])
    best = max(scored, key=lambda pair: pair[0])
    found = {e["name"]: e["value"] for e in kmer_baseline(config("binary"), data)}
    assert found["kmer_baseline_auroc_bound"] == pytest.approx(best[1], abs=5e-3)


@pytest.mark.parametrize("kind", ["motif_baseline", "kmer_baseline"])
def test_what_a_file_says_of_something_simpler(tmp_path: Path, kind: str) -> None:
    entry = {"name": "auroc_a", "split": "test", "value": 0.5, "ci95": [0.4, 0.6]}
    path = tmp_path / "simpler.json"
    said = config("binary", tmp_path, **{kind: "simpler.json"})
    path.write_text(json.dumps({"metrics": [entry, entry | {"split": "validation"}]}))
    named = entry | {"name": f"{kind}_auroc_a", "command": "unknown"}
    # Nothing is trained then.
    assert baselines(said, splits("binary")) == [named]
    for wrong in ("[]", "{}", "", '{"metrics": [{"split": "test"}]}'):
        path.write_text(wrong)
        with pytest.raises(ConfigError, match=rf"release\.{kind}: expected"):
            baselines_of_files(said)
    path.unlink()
    with pytest.raises(ConfigError, match="No such file"):
        baselines_of_files(said)
    assert baselines_of_files(config("binary")) == []


def test_a_regression_that_is_sure_has_finite_logits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """scikit-learn gives probabilities of 0 and 1 in 32 bits, where counts are many."""
    labels = np.arange(60) % 2
    said = np.eye(2, dtype=np.float32)[labels]
    monkeypatch.setattr(
        "zoo.training.reports.baselines._logistic", lambda x, y: ([0, 1], said, said)
    )
    tested, threshold = _logistic_of_one([], [labels, labels])
    assert np.isfinite(tested).all() and threshold is not None
    assert roc_auc_score(labels, tested) == 1
