"""A table of sequences and their labels -> examples."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples
from zoo.data.names import SeenNames
from zoo.data.sources.labels import Labels, Mask, names_of, parse_weights
from zoo.data.sources.rejected import OnInvalidRow, Rejected, Where
from zoo.data.sources.sequences import SequenceRows, encode_texts
from zoo.data.tables import TableRows, table_rows
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
    columns: str | Sequence[str] = (),
    sequence_length: int | None = None,
    resize: bool = False,
    on_invalid: OnInvalidRow = "error",
) -> Examples:
    """Examples from a table with a header: TSV, CSV or Parquet.

    Files are told apart as by `seqzoo predict --table`: text is plain or gzip, UTF-8,
    with LF or CRLF; .tsv and .csv, or what the header holds. Labels that are "", NA,
    N/A, NaN or null (any case) are missing: NaN in the targets, which the losses of
    `zoo.losses` leave out.

    Args:
        path: A path, "-" for standard input (text only), or a binary stream.
        sequence_column: Column of the sequences: A, C, G, T, N in either case.
        targets: Columns of the labels, which hold numbers: an output each. Without
            any the examples have no targets.
        classes: For one column of text labels, the names of the classes in the order
            that you want; no other label is accepted.
        one_hot: With `classes`, whether the targets are `(n, classes)`, a 1 in the
            class's column (outputs named as the classes), or `(n, 1)`, the number of
            the class from 0 (the output named as the column). With two classes and
            False: 0 and 1, for one sigmoid.
        name_column: Column of the names, which must be unique; none without it.
        sample_weight: Column of the weights, numbers of at least 0.
        columns: Further columns to keep in `Examples.columns`, such as the split;
            text from text files, their own type from Parquet.
        sequence_length: bp that all sequences must have; without it, as many as the
            first one.
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
            sequence or one of another length, a label that is no number or no known
            class, a weight below 0, or the name of an earlier row.
    """
    labels = Labels(targets, classes, one_hot)
    further = names_of(columns, "columns")
    rejected = Rejected(on_invalid)
    reader = _Reader(
        labels,
        further,
        SequenceRows(sequence_length, resize),
        rejected,
        sequence_column,
    )
    reader.name, reader.weight = name_column, sample_weight
    single = [c for c in (name_column, sample_weight) if c is not None]
    wanted = [sequence_column, *single, *labels.columns, *further]
    with open_input(path) as (stream, source):
        reader.source = source
        unit, rows = table_rows(stream, source, wanted, text=sequence_column)
        reader.read(unit, rows, wanted)
    return reader.finish()


class _Reader:
    """Collects the columns of a table, some thousand rows at a time."""

    source = ""
    name: str | None = None
    weight: str | None = None

    def __init__(
        self,
        labels: Labels,
        further: tuple[str, ...],
        sequences: SequenceRows,
        rejected: Rejected,
        sequence: str,
    ) -> None:
        self.labels, self.further, self.sequence = labels, further, sequence
        self.sequences, self.rejected = sequences, rejected
        self.seen = SeenNames()
        self.targets: list[npt.NDArray[np.float32]] = []
        self.weights: list[npt.NDArray[np.float32]] = []
        self.names: list[str] = []
        self.kept: dict[str, list[Any]] = {column: [] for column in further}

    def read(self, unit: str, rows: TableRows, wanted: Sequence[str]) -> None:
        empty = True
        while chunk := list(itertools.islice(rows, _CHUNK_ROWS)):
            empty = False
            numbers, rows_cells = zip(*chunk, strict=True)
            if InputError in set(map(type, rows_cells)):
                for cells in rows_cells:
                    if isinstance(cells, InputError):
                        self.rejected("wrong number of cells", cells)
                chunk = [row for row in chunk if not isinstance(row[1], InputError)]
                numbers, rows_cells = zip(*chunk, strict=True) if chunk else ((), ())
            if numbers:
                columns = zip(*rows_cells, strict=True)
                by_column = dict(zip(wanted, columns, strict=True))

                def where(row: int, numbers: Sequence[int] = numbers) -> str:
                    return f"{self.source}, {unit} {numbers[row]}"

                self._chunk(by_column, where)
        if empty:
            raise InputError(
                f"{self.source} has no rows below its header: expected sequences."
            )

    def _chunk(self, cells: Mapping[str, Sequence[Any]], where: Where) -> None:
        texts = cells[self.sequence]
        ok = np.ones(len(texts), bool)

        def where_sequence(row: int) -> str:
            return f"{where(row)}: column {self.sequence!r}"

        flat, lengths = encode_texts(texts, ok, where_sequence, self.rejected)
        self.sequences.add(flat, lengths, ok, where, self.rejected)
        by_target = [cells[column] for column in self.labels.columns]
        targets = self.labels.parse(by_target, ok, where, self.rejected)
        if self.weight is not None:
            weights = parse_weights(
                self.weight, cells[self.weight], ok, where, self.rejected
            )
        if self.name is not None:
            names = list(map(str.strip, as_texts(cells[self.name])))
            self._check_names(names, ok, where)
        # From here on no row is rejected.
        if self.weight is not None:
            self.weights.append(weights[ok])
        if self.name is not None:
            self.names += itertools.compress(names, ok)
        self.targets.append(targets[ok])
        for column in self.further:
            self.kept[column] += itertools.compress(cells[column], ok)
        self.sequences.keep(ok)

    def _check_names(self, names: list[str], ok: Mask, where: Where) -> None:
        repeated = set(self.seen.add([name.encode() for name in names]))
        unnamed = set() if all(names) else {i for i, n in enumerate(names) if not n}
        for row in sorted(repeated | unnamed):
            if not ok[row]:
                continue
            ok[row] = False
            what = (
                "expected a name. Received none."
                if row in unnamed
                else f"an earlier row has the name {names[row]!r:.60}. Names must be "
                "unique."
            )
            reason = "no name" if row in unnamed else "duplicate name"
            self.rejected(
                reason, InputError(f"{where(row)}: column {self.name!r}: {what}")
            )

    def finish(self) -> Examples:
        if not len(self.sequences):
            raise self.rejected.nothing_left(self.source)
        return Examples(
            self.sequences.finish(),
            targets=np.concatenate(self.targets) if self.labels.outputs else None,
            outputs=self.labels.outputs,
            names=None if self.name is None else np.array(self.names, np.str_),
            sample_weight=np.concatenate(self.weights) if self.weight else None,
            columns={name: as_column(values) for name, values in self.kept.items()},
            dropped=dict(self.rejected.counts),
            source=self.source,
        )


def as_column(values: Sequence[Any]) -> npt.NDArray[Any]:
    """An array of numbers or of text, from cells that may be None."""
    kinds = set(map(type, values))
    if kinds <= {int} or kinds <= {float} or kinds <= {bool}:
        return np.array(values)
    return np.array(as_texts(values))


def as_texts(values: Sequence[Any]) -> Sequence[str]:
    """Cells as text, "" for None."""
    if set(map(type, values)) == {str}:
        return values
    return ["" if cell is None else str(cell) for cell in values]
