"""A FASTA file whose labels are in its headers, or in another file -> examples."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoo.data.examples import Examples
from zoo.data.fasta import MAX_LENGTH, read_fasta
from zoo.data.record import Record
from zoo.data.sources.collected import Collected
from zoo.data.sources.labels import Labels
from zoo.data.sources.rejected import OnInvalidRow, Rejected
from zoo.data.tables import table_rows
from zoo.errors import InputError
from zoo.files.inputs import STDIN, Input, open_input, source_name

_CHUNK_RECORDS = 4_096
# Cells of one record, or the reason and the message of their absence.
Find = Callable[[Record], Sequence[Any] | tuple[str, str]]


def from_fasta(
    path: Input,
    *,
    targets: str | Sequence[str] = (),
    classes: Sequence[Any] | None = None,
    one_hot: bool = True,
    header: str | None = None,
    table: Input | None = None,
    name_column: str = "name",
    columns: str | Sequence[str] = (),
    sequence_length: int | None = None,
    resize: bool = False,
    max_length: int = MAX_LENGTH,
    on_invalid: OnInvalidRow = "error",
) -> Examples:
    """Examples from FASTA records of one length, named by their headers' first words.

    The labels (`targets`) and the other `columns` are, for each record,

    - fields `key=value` of its header (`>seq_1 label=1 split=train`), ended by white
      space, "|", ";" or ",";
    - with `header=`, named groups of a regular expression that is searched in the
      whole header (`header="[|](?P<label>[01])$"`);
    - with `table=`, columns of the row that has the record's name in the column
      `name_column`.

    Args:
        path: A path, "-" for standard input, or a binary stream; plain or gzip.
        targets: Names of the labels: numbers, missing ones as in `from_table`.
        classes: Classes of one text label, as in `from_table`.
        one_hot: As in `from_table`.
        header: A regular expression with named groups.
        table: TSV, CSV or Parquet, as in `from_table`. It may have other rows, too.
        name_column: The table's column of names.
        columns: Other fields to keep, as text.
        sequence_length: As in `from_table`.
        resize: As in `from_table`.
        max_length: Longest record in bp.
        on_invalid: What becomes of records, and of rows of the `table`, that cannot be
            used, as in `from_table`.

    Returns:
        The examples in the order of the FASTA file.

    Raises:
        InputError: A file cannot be read, or no record can be used; or, with
            on_invalid="error", a record is invalid, of another length, or has no
            label or an unreadable one.
    """
    rejected = Rejected(on_invalid)
    rows = Collected(
        Labels(targets, classes, one_hot),
        columns,
        sequence_length,
        resize,
        rejected,
    )
    find = _finder(rows.wanted, header, table, name_column, rejected)
    source, lines = source_name(path), _HeaderLines(path)
    records = read_fasta(
        path,
        on_invalid=lambda error: rejected("invalid sequence", error),
        max_length=max_length,
    )
    while chunk := list(itertools.islice(records, _CHUNK_RECORDS)):

        def where(row: int, chunk: list[Record] = chunk) -> str:
            return f"{source}{lines(chunk[row].name)}: record {chunk[row].name!r}"

        ok = np.ones(len(chunk), bool)
        cells: list[Sequence[Any]] = []
        for row, record in enumerate(chunk):
            found = find(record)
            if isinstance(found, tuple):
                ok[row] = False
                rejected(found[0], InputError(f"{where(row)}: {found[1]}"))
                found = [""] * len(rows.wanted)
            cells.append(found)
        rows.add(
            np.concatenate([record.codes for record in chunk]),
            np.array([record.codes.size for record in chunk]),
            [record.name for record in chunk],
            dict(zip(rows.wanted, zip(*cells, strict=True), strict=True)),
            ok,
            where,
        )
    return rows.examples(source)


def _finder(
    wanted: Sequence[str],
    header: str | None,
    table: Input | None,
    name: str,
    rejected: Rejected,
) -> Find:
    if header is not None and table is not None:
        raise InputError("Expected header= or table=, not both.")
    if table is not None:
        return _from_table(wanted, table, name, rejected)
    if header is not None:
        return _from_pattern(wanted, header)
    patterns = [
        (key, re.compile(rf"(?:^|[\s|;,]){re.escape(key)}=([^\s|;,]*)"))
        for key in wanted
    ]

    def find(record: Record) -> Sequence[Any] | tuple[str, str]:
        text = f"{record.name} {record.description}"
        cells = []
        for key, pattern in patterns:
            match = pattern.search(text)
            if match is None:
                return (
                    "no label in the header",
                    f"expected {key}=VALUE in the header (empty or NA if it is "
                    f"missing). Received: {text.strip()!r:.80}. header= takes a "
                    "pattern, table= another file.",
                )
            cells.append(match[1])
        return cells

    return find


def _from_pattern(wanted: Sequence[str], header: str) -> Find:
    try:
        pattern = re.compile(header)
    except re.error as error:
        raise InputError(
            f"header={header!r}: not a regular expression: {error}"
        ) from None
    absent = [key for key in wanted if key not in pattern.groupindex]
    if absent:
        raise InputError(
            f"Expected a group (?P<{absent[0]}>...) in header={header!r}. It has: "
            f"{', '.join(pattern.groupindex) or 'none'}."
        )

    def find(record: Record) -> Sequence[Any] | tuple[str, str]:
        text = f"{record.name} {record.description}".strip()
        match = pattern.search(text)
        if match is None:
            return (
                "no label in the header",
                f"expected a header that {header!r} matches. Received: {text!r:.80}",
            )
        return [match[key] for key in wanted]

    return find


def _from_table(
    wanted: Sequence[str], table: Input, name: str, rejected: Rejected
) -> Find:
    cells_of: dict[str, Sequence[Any]] = {}
    with open_input(table) as (stream, source):
        unit, rows = table_rows(stream, source, [name, *wanted])
        for number, cells in rows:
            if isinstance(cells, InputError):
                rejected("wrong number of cells in the table", cells)
                continue
            key = str(cells[0]).strip()
            if key in cells_of:
                message = (
                    f"{source}, {unit} {number}: column {name!r}: an earlier row has "
                    f"the name {key!r:.60}. Names must be unique."
                )
                rejected("duplicate name in the table", InputError(message))
                continue
            cells_of[key] = list(cells[1:])

    def find(record: Record) -> Sequence[Any] | tuple[str, str]:
        found = cells_of.get(record.name)
        if found is None:
            return (
                "no label in the table",
                f"no row of {source} has this name in the column {name!r}.",
            )
        return found

    return find


class _HeaderLines:
    """Where headers stand in a file: looked for only once there is an error."""

    def __init__(self, path: Input) -> None:
        self.path = path
        self.lines: dict[bytes, int] | None = None

    def __call__(self, name: str) -> str:
        """Comma and line of the record's header; nothing if it cannot be read again."""
        if not isinstance(self.path, (str, os.PathLike)) or self.path == STDIN:
            return ""
        if self.lines is None:
            self.lines = {}
            with open_input(self.path) as (stream, _):
                for number, line in enumerate(stream, start=1):
                    if line.startswith(b">"):
                        words = line[1:].split(None, 1)
                        self.lines.setdefault(words[0] if words else b"", number)
        found = self.lines.get(name.encode())
        return "" if found is None else f", line {found}"
