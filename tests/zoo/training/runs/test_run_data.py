"""What a configuration's [data] reads is what its reader gives for those keywords."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest

import zoo.data
from tests.made import write_fasta
from zoo.errors import InputError
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import parse_config
from zoo.training.runs.run_data import read_examples, read_splits

LENGTH = 8


def config(folder: Path, split: dict[str, Any], **data: Any) -> Config:
    content = {
        "name": "mine_v1",
        "data": {"task": "regression", "split": split} | data,
        "model": {"architecture": "kmer"},
    }
    return parse_config(content, base=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A genome with an ambiguous letter, intervals without a header, a signal."""
    found = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    write_fasta(
        found / "g.fa",
        {
            "chr1": "R" + "".join(random.choice(list("ACGT"), 99)),
            "chr2": "".join(random.choice(list("ACGT"), 50)),
        },
    )
    # 1-based with included ends: places 0 to 8 and so on.
    rows = [("chr1", 1 + 10 * k, 8 + 10 * k, k) for k in range(8)]
    rows.append(("chr2", 11, 18, 9))
    text = "\n".join("\t".join(map(str, row)) for row in rows)
    (found / "rows.tsv").write_text(text + "\n")
    with pyBigWig.open(str(found / "s.bw"), "w") as file:
        file.addHeader([("chr1", 100)])
        file.addEntries("chr1", 4, values=[float(v) for v in range(90)], span=1, step=1)
    texts = [f"{base * 6}\t{y}" for base, y in ("An", "Cy", "Gn", "Ty")]
    (found / "text.tsv").write_text("\n".join(["sequence\ty", *texts]) + "\n")
    return found


def test_every_keyword_reaches_the_reader(folder: Path) -> None:
    keywords: dict[str, Any] = {
        "column_names": ["chrom", "start", "end", "number"],
        "one_based": True,
        "missing": "ignore",
        "missing_contig": "missing",
        "aggregate": "min",
        "bin_size": 4,
        "columns": ["number"],
        "sequence_length": LENGTH,
    }
    found = read_examples(
        config(
            folder,
            {"by": "chromosome", "valid": ["chr2"]},
            format="intervals",
            path="rows.tsv",
            task="profile",
            genome="g.fa",
            ambiguous="unknown",
            cache=False,
            signals={"signal": "s.bw"},
            **keywords,
        )
    )
    expected = zoo.data.from_intervals(
        zoo.data.Genome(folder / "g.fa", ambiguous="unknown"),
        folder / "rows.tsv",
        signals={"signal": folder / "s.bw"},
        **keywords,
    )
    np.testing.assert_array_equal(found.codes(), expected.codes())
    np.testing.assert_array_equal(found.targets, expected.targets)
    assert found.outputs == ("signal",)
    assert found.columns["number"].tolist() == expected.columns["number"].tolist()
    # By hand: bases 0 to 3 have no value, 4 to 7 have 0 to 3, chr2 has none.
    assert found.targets is not None
    np.testing.assert_array_equal(found.targets[0, :, 0], [np.nan, 0])
    np.testing.assert_array_equal(found.targets[1, :, 0], [6, 10])
    assert np.isnan(found.targets[8]).all()
    assert found.codes()[0, 0] == 4


def test_values_of_the_split_that_nobody_named_are_told(folder: Path) -> None:
    rows = ["sequence\ty\tpart"]
    parts = ["train", "train ", "dev", "Dev", "left out"]
    rows += [
        f"{'ACGT'[k % 4] * 8}{'ACGT'[k // 4] * 8}\t{k}\t{parts[k % 5]}"
        for k in range(15)
    ]
    (folder / "parts.tsv").write_text("\n".join(rows) + "\n")
    made = config(
        folder,
        {"by": "column", "column": "part", "leaks": "ignore"},
        format="table",
        path="parts.tsv",
        targets="y",
    )
    with pytest.warns(UserWarning, match=r"case only: 'Dev' \(3\)"):
        splits = read_splits(made)
    assert str(splits) == (
        "train 6, valid 3, test 0 examples, 6 left out ('Dev' 3, 'left out' 3)"
    )


def test_a_binary_label_may_be_text(folder: Path) -> None:
    made = config(
        folder,
        {"by": "random"},
        format="table",
        path="text.tsv",
        task="binary",
        targets="y",
        classes=["n", "y"],
        one_hot=False,
    )
    found = read_examples(made)
    assert found.targets is not None
    assert found.targets.tolist() == [[0], [1], [0], [1]]
    assert found.outputs == ("y",)


def test_nothing_to_learn_is_an_error(folder: Path) -> None:
    made = config(folder, {"by": "random"}, format="table", path="text.tsv")
    with pytest.raises(ConfigError, match=r"data\.targets"):
        read_examples(made)


def test_windows_are_read_as_wide_as_they_are_moved(folder: Path) -> None:
    said: dict[str, Any] = {
        "format": "intervals",
        "path": "rows.tsv",
        "column_names": ["chrom", "start", "end", "number"],
        "one_based": True,
        "genome": "g.fa",
        "ambiguous": "unknown",
        "task": "profile",
        "sequence_length": LENGTH,
        "signals": "s.bw",
        "missing_contig": "missing",
        "beyond": "drop",
    }
    made = config(folder, {"by": "chromosome", "valid": ["chr2"]}, bin_size=1, **said)
    moving = dataclasses.replace(made.training, max_shift=3)
    found = read_examples(dataclasses.replace(made, training=moving))
    assert found.max_shift == 3 and len(found) == 8  # the first one has no 3 bp before
    ((_, y),) = found.batches(8, max_shift=3, encoding="codes")
    # The values of the track are the places less 4.
    by = y[:7, 0, 0] + 4 - np.arange(10, 80, 10)
    assert len(set(by.tolist())) > 1 and np.abs(by).max() <= 3
    with pytest.raises(InputError, match="bin_size=1 with max_shift"):
        binned = config(
            folder, {"by": "chromosome", "valid": ["chr2"]}, bin_size=4, **said
        )
        read_examples(dataclasses.replace(binned, training=moving))
    with pytest.raises(ConfigError, match="Unknown: max_shift"):
        config(folder, {"by": "random"}, max_shift=3, **said)


def _table(folder: Path, labels: str, bases: str = "ACGTACGA") -> Config:
    """Three rows of training, two of validation, with these labels ("." is none)."""
    rows = [
        f"{bases}\t{label.strip('.')}\t{part}"
        for label, part in zip(labels, ["train"] * 3 + ["valid"] * 2, strict=True)
    ]
    text = "\n".join(["sequence\tbound\tsplit", *rows])
    (folder / "t.tsv").write_text(text + "\n")
    split = {"by": "column", "column": "split", "leaks": "ignore"}
    own: dict[str, Any] = {"format": "table", "path": "t.tsv", "targets": ["bound"]}
    own |= {"task": "classes", "classes": [*"abc"]} if labels.isalpha() else {}
    return config(folder, split, **{"task": "binary"} | own)


@pytest.mark.parametrize(
    ("labels", "bases", "message"),
    [
        ("11101", "ACGTACGA", "two different values .* Received 1 only, in 3 rows"),
        ("0.001", "ACGTACGA", "Received 0 only"),
        ("aaaba", "ACGTACGA", "Received one class only"),
        (".....", "ACGTACGA", "training split .* missing in all of its 3 rows"),
        ("010..", "ACGTACGA", "validation split .* missing in all of its 2 rows"),
        ("01010", "NNNNNNNN", "Received N only, in all of its 3 sequences"),
    ],
)
def test_data_that_teach_nothing_are_refused(tmp_path, labels, bases, message) -> None:
    with pytest.raises(ConfigError, match=message):
        read_splits(_table(tmp_path, labels, bases))


def test_a_class_in_validation_only_is_told(tmp_path) -> None:
    with pytest.warns(UserWarning, match="never sees cannot be learned: those of c"):
        read_splits(_table(tmp_path, "abaac"))
    assert len(read_splits(_table(tmp_path, "01.00")).train) == 3
