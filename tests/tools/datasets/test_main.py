import gzip
import json

import numpy as np
import pytest

import zoo
from tools.datasets import __main__ as command
from tools.datasets.dataset import Dataset, Split


def test_the_table_is_what_the_loader_has(tmp_path, capsys):
    command.main(["uci_splice", "--data", "unused", "--out", str(tmp_path)])
    examples = zoo.data.from_table(
        tmp_path / "uci_splice.tsv.gz",
        targets="class",
        classes=["ei", "ie", "n"],
        columns=["split", "fold", "n"],
    )
    dataset = command.datasets.load("uci_splice", tmp_path, 0)
    for split, name, fold in (
        (dataset.train, "train", None),
        (dataset.test, "test", 9),
    ):
        rows = np.flatnonzero(examples.columns["split"] == name)
        np.testing.assert_array_equal(examples.codes(rows), split.codes)
        np.testing.assert_array_equal(examples.targets[rows], split.targets)
        if fold is not None:
            assert set(examples.columns["fold"][rows]) == {str(fold)}
    said = json.loads((tmp_path / "uci_splice.json").read_text())
    assert said["rows"] == {"train": 2559, "valid": 316, "test": 311}
    assert said["facts"][0]["licence"] == "CC BY 4.0"
    assert "uci_splice.tsv.gz" in capsys.readouterr().out


def test_unknown_labels_are_empty_and_equal_data_give_equal_bytes(tmp_path):
    rows = Split(
        np.array([[0, 1, 2, 4]], np.uint8),
        np.array([[np.nan, 1]], np.float32),
        {"source": np.array(["x"])},
    )
    dataset = Dataset("d", ("a", "b"), "probability", True, rows, rows, rows, (), {})
    paths = tmp_path / "one.tsv.gz", tmp_path / "two.tsv.gz"
    for path in paths:
        command.write_table(dataset, path)
    lines = gzip.decompress(paths[0].read_bytes()).decode().splitlines()
    assert lines[0].split("\t") == ["sequence", "split", "a", "b", "source"]
    assert [line.split("\t") for line in lines[1:]] == [
        ["ACGN", split, "", "1", "x"] for split in ("train", "valid", "test")
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_window_of_what_has_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["gue_tf", "--data", "unused", "--window", "300"])
    assert "yeast_factors" in capsys.readouterr().err
