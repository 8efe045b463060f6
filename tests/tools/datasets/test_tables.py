import gzip
import hashlib

import pytest

from registry.errors import SeqzooError, UnknownNameError
from tools import datasets
from tools.datasets.tables import (
    DatasetError,
    check_counts,
    read_columns,
    sha256,
)


@pytest.mark.parametrize("name", [n for n in datasets.NAMES if n != "uci_splice"])
def test_a_missing_file_names_the_option(name, tmp_path):
    with pytest.raises(DatasetError, match="--data") as error:
        datasets.load(name, tmp_path, 0)
    assert str(tmp_path) in str(error.value)
    assert isinstance(error.value, SeqzooError)


def test_an_unknown_data_set_suggests(tmp_path):
    with pytest.raises(UnknownNameError, match="gue_tf"):
        datasets.load("gue_ft", tmp_path, 0)


def test_columns_come_in_the_order_asked_for(write_table):
    path = write_table("a.tsv.gz", ["x", "y", "z"], [[1, 2, 3], [4, 5, 6]])
    assert read_columns(path, "z", "x") == [["3", "6"], ["1", "4"]]
    assert sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_table_without_rows_has_empty_columns(write_table):
    assert read_columns(write_table("a.tsv.gz", ["x", "y"], []), "y", "x") == [[], []]


def test_a_missing_column_is_named(write_table, tmp_path):
    path = write_table("a.tsv.gz", ["x"], [[1]])
    with pytest.raises(DatasetError, match="expected the columns x, y, received x"):
        read_columns(path, "x", "y")
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(DatasetError, match="expected the columns x"):
        read_columns(tmp_path / "empty.gz", "x")


def test_counts_must_be_those_documented(tmp_path):
    check_counts(tmp_path, {"a": 2}, {"a": 2})
    for received in ({"a": 3}, {}, {"a": 2, "b": 1}):
        with pytest.raises(DatasetError, match="documented rows"):
            check_counts(tmp_path, {"a": 2}, received)
