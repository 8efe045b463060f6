"""A table of sequences and their labels -> examples."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.data.examples import Examples
from zoo.data.names import SeenNames
from zoo.data.sources.collected import Collected, as_texts, encode_texts
from zoo.data.sources.input_columns import Columns
from zoo.data.sources.labels import Labels, Mask
from zoo.data.sources.rejected import OnInvalidRow, Rejected, Where
from zoo.data.tables import table_rows
from zoo.errors import InputError
from zoo.files.inputs import Input, open_input

_CHUNK_ROWS = 4_096


def from_table(
    path: Input,
    *,
    sequence_column: str = "sequence",
    targets: str | Sequence[str] = (),
    classes: Sequence[Any] | None = None,
    one_hot: bool = True,
    name_column: str | None = None,
    sample_weight: str | None = None,
    inputs: Columns | None = None,
    columns: str | Sequence[str] = (),
    sequence_length: int | None = None,
    resize: bool = False,
    on_invalid: OnInvalidRow = "error",
) -> Examples:
    """Examples from a table with a header: TSV, CSV or Parquet.

    Files are told apart as in `seqzoo predict --table`: text is plain or gzip, UTF-8,
    with LF or CRLF; .tsv and .csv, or what the header holds. Labels that are "", NA,
    N/A, NaN or null (any case) are missing: NaN in the targets, which the losses of
    `zoo.losses` leave out.

    Args:
        path: A path, "-" for standard input (text only), or a binary stream.
        sequence_column: Column of the sequences: A, C, G, T, N in either case.
        targets: Columns of the labels, which hold numbers: one output per column.
            Without any, the examples have no targets.
        classes: For one column of text labels, the names of the classes in the order
            that you want; no other label is accepted.
        one_hot: With `classes`, whether the targets are `(n, classes)`, a 1 in the
            class's column (outputs named as the classes), or `(n, 1)`, the number of
            the class from 0 (the output named as the column). With two classes and
            False: 0 and 1, for one sigmoid.
        name_column: Column of the names, which must be unique; none without it.
        sample_weight: Column of the weights, numbers of at least 0.
        inputs: Columns of what a model reads beside the sequence, by the name of its
            input: a column, for a number per example, or a list of them, for several
            (`{"cell_type": "cell", "covariates": ["age", "dose"]}`). NaN is missing.
        columns: Other columns to keep in `Examples.columns`, such as the split;
            text from text files, their own type from Parquet.
        sequence_length: bp that all sequences must have; by default as many as the
            first one has.
        resize: Whether longer sequences are cropped to the `sequence_length` in their
            middle, and shorter ones padded with N, evenly at both ends.
        on_invalid: What becomes of rows that cannot be used: "error", "drop" (they
            are counted in `Examples.dropped`), or a function that is called with the
            error of each one dropped.

    Returns:
        The examples in the order of the table; targets float32 `(n, num_outputs)`.

    Raises:
        InputError: The table cannot be read, lacks a column or has no usable row; or,
            with on_invalid="error", a row has another number of cells, an invalid
            sequence or one of another length, a label that is neither a number nor a
            known class, an input that is not a number, a weight below 0, or the name
            of an earlier row.
    """
    rejected = Rejected(on_invalid)
    rows = Collected(
        Labels(targets, classes, one_hot),
        columns,
        sequence_length,
        resize,
        rejected,
        sample_weight,
        inputs,
    )
    names = () if name_column is None else (name_column,)
    wanted = [sequence_column, *names, *rows.wanted]
    seen, empty = SeenNames(), True
    with open_input(path) as (stream, source):
        unit, lines = table_rows(stream, source, wanted, text=sequence_column)
        while chunk := list(itertools.islice(lines, _CHUNK_ROWS)):
            empty = False
            for _, error in chunk:
                if isinstance(error, InputError):
                    rejected("wrong number of cells", error)
            chunk = [row for row in chunk if not isinstance(row[1], InputError)]
            if not chunk:
                continue
            numbers, rows_cells = zip(*chunk, strict=True)
            cells = dict(zip(wanted, zip(*rows_cells, strict=True), strict=True))

            def where(row: int, numbers: Sequence[int] = numbers) -> str:
                return f"{source}, {unit} {numbers[row]}"

            def where_sequence(row: int, where: Where = where) -> str:
                return f"{where(row)}: column {sequence_column!r}"

            ok = np.ones(len(chunk), bool)
            flat, lengths = encode_texts(
                cells[sequence_column], ok, where_sequence, rejected
            )
            called: Sequence[str] = ()
            if name_column is not None:
                called = [text.strip() for text in as_texts(cells[name_column])]
                _check_names(called, name_column, seen, ok, where, rejected)
            rows.add(flat, lengths, called, cells, ok, where)
    if empty:
        raise InputError(f"{source} has no rows below its header: expected sequences.")
    return rows.examples(source)


def _check_names(
    names: Sequence[str],
    column: str,
    seen: SeenNames,
    ok: Mask,
    where: Where,
    rejected: Rejected,
) -> None:
    repeated = set(seen.add([name.encode() for name in names]))
    unnamed = {row for row, name in enumerate(names) if not name}
    for row in sorted(repeated | unnamed):
        if not ok[row]:
            continue
        ok[row] = False
        reason, what = "no name", "expected a name. Received none."
        if row not in unnamed:
            reason = "duplicate name"
            what = f"an earlier row has the name {names[row]!r:.60}. Names must be "
            what += "unique."
        rejected(reason, InputError(f"{where(row)}: column {column!r}: {what}"))
