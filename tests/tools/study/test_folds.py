from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from tools.study import folds
from zoo import training
from zoo.dna import decode

CONFIG = """
name = "small_v1"

[data]
format = "table"
path = "rows.tsv.gz"
task = "binary"
targets = ["bound"]

[data.split]
by = "column"
column = "split"

[model]
architecture = "shallow_wide"
arguments = { filters = 2, kernel_size = 5, units = 2 }

[training]
epochs = 1
batch_size = 8

[release]
description = "Never written"
licence = "CC0-1.0"
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    codes = np.random.default_rng(0).integers(0, 4, (36, 20), dtype=np.uint8)
    with gzip.open(tmp_path / "rows.tsv.gz", "wt", encoding="utf-8") as table:
        print("sequence", "bound", "split", "fold", sep="\t", file=table)
        for row, code in enumerate(codes):
            print(decode(code), row % 2, "train", row // 2 % 3, sep="\t", file=table)
    path = tmp_path / "small.toml"
    path.write_text(CONFIG)
    return path


def test_each_row_is_tested_once_and_never_trained_on_then(recipe: Path) -> None:
    config = training.read_config(recipe)
    names = folds.folds_of(config.path(config.data.path))
    assert names == ["0", "1", "2"]
    tested = []
    for number in range(len(names)):
        one = folds.with_fold(config, names, number, 7, str(recipe.parent / "runs"))
        keywords = one.data.split.keywords
        parts = [*keywords["train"], keywords["valid"], keywords["test"]]
        assert sorted(parts) == names
        assert one.release is None and one.seed == 7
        tested.append(keywords["test"])
    assert tested == names


def test_a_fold_that_the_table_lacks_is_refused(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        folds.main([str(recipe), "--folds", "0", "3", "--out", str(recipe.parent)])
    error = capsys.readouterr().err
    assert "--folds: expected some of 0, 1, 2. Received: 3\n" in error
    assert not (recipe.parent / "folds.csv").exists()


def test_what_each_fold_is_worth_is_printed_and_recorded(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    folds.main([str(recipe), "--folds", "0", "2", "--out", str(tmp_path)])
    with (tmp_path / "folds.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [json.loads(row["arguments"]) for row in rows] == [
        {"fold": "0"},
        {"fold": "2"},
    ]
    accuracy = [json.loads(row["metrics"])["test_accuracy_bound"] for row in rows]
    mean = sum(accuracy) / 2
    assert f"test_accuracy_bound {mean:.4f} +- " in capsys.readouterr().out
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "folds.csv"])
