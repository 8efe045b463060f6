import csv
import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tools import runs

record = partial(runs.record, "small", dataset="gue", architecture="kmer", seed=1)


def test_what_was_recorded_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["/bin/python", "-m", "x", "/data/a b"])
    record(
        metrics={"test_auroc": 0.123456789, "test_mcc": float("nan")},
        seconds=1.26,
        parameters=12,
        arguments={"filters": [8, 16], "name": 'a, "b"'},
        folder=tmp_path,
    )
    (row,) = runs.read("small", folder=tmp_path)
    assert row["metrics"]["test_auroc"] == 0.12346
    assert row["metrics"]["test_mcc"] != row["metrics"]["test_mcc"]
    assert row["arguments"] == {"filters": [8, 16], "name": 'a, "b"'}
    assert (row["seed"], row["parameters"], row["seconds"]) == (1, 12, 1.3)
    assert row["command"].startswith("python -m x '../")
    assert not row["error"]
    assert set(row) == set(runs.COLUMNS)


def test_failed_runs_are_one_line_that_says_why(tmp_path: Path) -> None:
    record(metrics={}, error=ValueError("no\nsuch, thing"), folder=tmp_path)
    assert len((tmp_path / "small.csv").read_text().splitlines()) == 2
    (row,) = runs.read("small", folder=tmp_path)
    assert row["error"] == "ValueError: no such, thing"
    assert row["seconds"] is None


def test_what_has_a_line_is_known(tmp_path: Path) -> None:
    known = partial(runs.known, "small", "gue", "kmer", folder=tmp_path)
    record(metrics={}, folder=tmp_path)
    record(metrics={}, arguments={"k": 4}, error="no", folder=tmp_path)
    assert known({}, 1)
    assert not known({}, 2)
    assert known({"k": 4}, 1)
    assert not known({"k": 4}, 1, failed=False)


def test_no_study_has_no_runs(tmp_path: Path) -> None:
    assert runs.read("small", folder=tmp_path) == []


def test_writers_at_the_same_time_leave_whole_lines(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: record(metrics={}, folder=tmp_path), range(12)))
    assert len(runs.read("small", folder=tmp_path)) == 12


@pytest.mark.parametrize(
    "path", sorted(runs.FOLDER.glob("*.csv")), ids=lambda p: p.stem
)
def test_files_of_runs_are_whole(path: Path) -> None:
    with path.open(newline="") as file:
        assert tuple(next(csv.reader(file))) == runs.COLUMNS
    for row in runs.read(path.stem):
        assert row["error"] or row["metrics"]
        assert not any(word.startswith("/") for word in shlex.split(row["command"]))


def test_a_finished_training_is_recorded_by_its_means(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    config = {
        "name": "small_v1",
        "seed": 2,
        "fast": True,
        "model": {"architecture": "kmer", "release": None},
        "ensemble": {"seeds": [], "folds": 0, "members": []},
        "data": {"split": {"leaks": "report"}},
    }
    entries = [
        {"name": "auroc_A", "split": "test", "value": 0.9},
        {"name": "auroc_mean", "split": "test", "value": 0.7},
        {"name": "auroc_mean", "split": "validation", "value": 0.8},
        {"name": "accuracy", "split": "test", "value": 0.6},
    ]
    (run / "config.json").write_text(json.dumps(config))
    (run / "metrics.json").write_text(json.dumps(entries))
    out = ["--out", str(tmp_path)]
    runs.main(["trained", str(run), "--set", "data.split.leaks=report", *out])
    (row,) = runs.read("trained", folder=tmp_path)
    assert (row["dataset"], row["architecture"], row["seed"]) == ("small_v1", "kmer", 2)
    assert row["arguments"] == {"data.split.leaks": "report"}
    assert row["metrics"] == {
        "test_auroc_mean": 0.7,
        "validation_auroc_mean": 0.8,
        "test_accuracy": 0.6,
    }
    assert runs.of_training(run, ["seed=2"])["arguments"] == {"seed": 2}
    assert runs.of_training(run, ["fast=true"])["arguments"] == {"fast": True}
    for key, received in (
        ("data.split.leaks=drop", "'report'"),
        ("data.split.leak=None", "'data.split.leak'"),
        ("seed.leaks=None", "'seed.leaks'"),
    ):
        with pytest.raises(ValueError, match=f"Received: {received}"):
            runs.of_training(run, [key])
    with pytest.raises(SystemExit):
        runs.main(["trained", str(tmp_path / "none"), *out])
    for changed, expected in (
        ({"model": {"architecture": None, "release": "kmer_v1"}}, "kmer_v1"),
        ({"ensemble": {"seeds": [1, 2], "folds": 0, "members": []}}, "ensemble"),
    ):
        (run / "config.json").write_text(json.dumps(config | changed))
        assert runs.of_training(run)["architecture"] == expected
