"""Reads the source files and checks them against their documented counts."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from registry.errors import SeqzooError


class DatasetError(SeqzooError, ValueError):
    """A source file is missing or is not the documented one."""


def find_file(data_folder: Path, name: str) -> Path:
    """The path of a source file.

    Args:
        data_folder: The folder given as `--data`.
        name: Path inside it, e.g. "gue/tf_0.tsv.gz".

    Raises:
        DatasetError: There is no such file.
    """
    path = Path(data_folder) / name
    if not path.is_file():
        raise DatasetError(
            f"Expected the file {name} in the data folder {data_folder}; it is not "
            "there. Give the folder that holds the data sets: --data FOLDER"
        )
    return path


def column_names(path: Path) -> list[str]:
    """The header of a gzip table."""
    with gzip.open(path, "rt", encoding="ascii") as file:
        return file.readline().rstrip("\n").split("\t")


def read_columns(path: Path, *columns: str) -> list[list[str]]:
    """Reads columns of a gzip table, tab-separated with a header.

    Args:
        path: The table.
        *columns: Names of the columns wanted.

    Returns:
        One list per column, in the order asked for.

    Raises:
        DatasetError: A column is missing.
    """
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        reader = csv.reader(file, delimiter="\t")
        header = next(reader, [])
        missing = [column for column in columns if column not in header]
        if missing:
            raise DatasetError(
                f"{path}: expected the columns {', '.join(columns)}, received "
                f"{', '.join(header)}. Is this the documented file?"
            )
        places = [header.index(column) for column in columns]
        rows = [[row[place] for place in places] for row in reader]
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in places]


def check_counts(
    path: Path, expected: Mapping[str, int], received: Mapping[str, int]
) -> None:
    """Checks that a file has the documented numbers of rows.

    Raises:
        DatasetError: Any count differs, or a group is unknown.
    """
    wrong = [
        f"{name} {received.get(name, 0)} instead of {expected.get(name, 0)}"
        for name in sorted(expected.keys() | received.keys())
        if expected.get(name, 0) != received.get(name, 0)
    ]
    if wrong:
        raise DatasetError(
            f"{path} does not have the documented rows: {'; '.join(wrong)}. It was cut "
            "short or is another version; fetch it again."
        )


def sha256(path: Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
