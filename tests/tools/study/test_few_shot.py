from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tools import runs
from tools.study import few_shot, few_shot_tasks
from zoo import samples


@pytest.fixture
def task() -> few_shot_tasks.Task:
    """Class 1 has a word."""
    codes = np.random.default_rng(0).integers(0, 4, (120, 40)).astype(np.uint8)
    labels = np.arange(120) % 2 == 1
    codes[labels, 10:16] = (0, 1, 2, 2, 1, 0)
    return few_shot_tasks.Task("made", codes[:80], labels[:80], codes[80:], labels[80:])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where rows go, in place of tools/runs."""
    for name in ("record", "read"):
        function = getattr(runs, name)
        monkeypatch.setattr(
            runs, name, lambda *a, f=function, **k: f(*a, folder=tmp_path, **k)
        )
    return tmp_path


def test_a_release_is_not_tried_on_what_it_was_trained_on() -> None:
    assert not few_shot_tasks.unseen_by("rc_dilated_v1", "tf_0")
    assert few_shot_tasks.unseen_by("rc_dilated_v1", "encode_ELK1")
    assert not few_shot_tasks.unseen_by("human_factors_v1", "encode_ELK1")


def test_no_sequence_is_in_pool_and_test_set(tmp_path: Path) -> None:
    sequences, labels = samples.ecoli_promoters()
    rows = [f"{label}\t{text}" for text, label in zip(sequences, labels, strict=True)]
    (tmp_path / "uci").mkdir()
    with gzip.open(tmp_path / "uci/uci_ecoli_promoters_57bp.tsv.gz", "wt") as file:
        file.write("\n".join(["label\tsequence", *rows, rows[0]]))
    task = few_shot_tasks.load("ecoli_promoters", tmp_path)
    assert len(task.pool) + len(task.test) == len(set(sequences))
    both = np.concatenate([task.pool, task.test])
    assert len(np.unique(both, axis=0)) == len(set(sequences))
    assert few_shot.sizes_of(task, (100, 300)) == [len(task.pool)]


def test_linear_models_are_recorded_once(task, folder, capsys) -> None:
    for _ in range(2):
        few_shot.linear(task, (40,), 2, releases=[])
    found = few_shot.finished()
    assert set(found) == {
        ("made", name, name, 40, seed) for name in ("kmers", "bases") for seed in (0, 1)
    }
    assert min(found.values()) > 0.95
    assert len(runs.read("few_shot")) == 4


def test_a_release_is_tuned_and_its_suggestion_kept(
    task, folder, write_release, monkeypatch
) -> None:
    monkeypatch.setitem(few_shot.STEPS, 40, 30)
    few_shot.tuned(task, 40, 1, str(write_release()), scratch=False)
    (row,) = runs.read("few_shot")
    assert set(row["metrics"]) == {"test_auroc", "suggest_auroc"}


def test_rank_correlation_is_spearmans() -> None:
    pairs = {"a": (0.1, 0.9), "b": (0.2, 0.3), "c": (0.7, 0.5)}
    # 1 - 6 (2^2 + 1 + 1) / (3 (3^2 - 1)), of the differences of ranks
    assert few_shot.rank_correlation(pairs) == pytest.approx(-0.5)
