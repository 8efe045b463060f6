"""TSV, CSV and Parquet -> records, one per row, in a stream."""

from __future__ import annotations

import csv
import difflib
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import IO, Any

from zoo.data.fasta import OnInvalid
from zoo.data.record import Record
from zoo.dna import Codes, encode
from zoo.errors import InputError, optional
from zoo.files.inputs import Input, foreign_format, open_input

#: What stands for a missing value in a cell, in any case.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "<na>"})

TableRows = Iterator[tuple[int, Sequence[Any] | InputError]]

_DELIMITERS = {".tsv": "\t", ".tab": "\t", ".csv": ","}
_PARQUET = b"PAR1"
_PARQUET_BATCH_ROWS = 4_096


def read_table(
    path: Input,
    sequence_column: str | None = None,
    *,
    name_column: str | None = None,
    label_column: str | None = None,
    on_invalid: OnInvalid | None = None,
) -> Iterator[Record]:
    """Read one record per row from a table with a header.

    Text is plain or gzip; columns are separated by tab (.tsv, .tab) or comma (.csv),
    and for other names by what the header holds: tab, else semicolon, else comma.
    Parquet is told by its first bytes and needs pyarrow.

    Args:
        path: A path, "-" for standard input (text only), or a binary stream.
        sequence_column: The column of the sequences, by default "sequence".
        name_column: The column of the names; "row_1", ... without it.
        label_column: The column of the labels, if they have any.
        on_invalid: Called with the error of each row that cannot be used, which is
            then skipped. Without it such an error is raised.

    Yields:
        Records in the order of the table.

    Raises:
        InputError: The table cannot be read, has no such column or no rows, or,
            without `on_invalid`, a row has too few or too many cells or no valid
            sequence.
    """
    sequence_column = sequence_column or "sequence"
    further = [c for c in (name_column, label_column) if c is not None]
    wanted = [sequence_column, *further]
    count = 0
    with open_input(path) as (stream, source):
        unit, rows = table_rows(stream, source, wanted, text=sequence_column)
        for number, cells in rows:
            count += 1
            where = f"{source}, {unit} {number}"
            try:
                if isinstance(cells, InputError):
                    raise cells
                name = str(cells[1]).strip() if name_column else f"row_{count}"
                label = str(cells[-1]).strip() if label_column else ""
                codes = encode_cell(
                    cells[0], f"{where}: record {name!r}, column {sequence_column!r}"
                )
            except InputError as error:
                if on_invalid is None:
                    raise
                on_invalid(error)
                continue
            codes.flags.writeable = False
            yield Record(name, codes, where, label=label)
    if count == 0:
        raise InputError(f"{source} has no rows below its header: expected sequences.")


def encode_cell(cell: str | None, where: str) -> Codes:
    """The codes of the sequence in a cell.

    Raises:
        InputError: It is not a sequence; NA and NaN are not, either.
    """
    text = (cell or "").strip()
    if text and text.lower() in MISSING:
        raise InputError(
            f"{where}: expected a sequence. Received: {text!r}, which stands for a "
            "missing value. Leave such rows out."
        )
    return encode(text, record=where)


def table_rows(
    stream: IO[bytes], source: str, wanted: Sequence[str], *, text: str | None = None
) -> tuple[str, TableRows]:
    """The wanted columns of a table, row by row.

    Args:
        stream: Binary, of `open_input`.
        source: What errors call it.
        wanted: Names of columns.
        text: The column that must hold text, checked where columns have types.

    Returns:
        "line" or "row", and with its number each row's wanted cells, or what is wrong
        with the row. Cells are text, or what Parquet holds.

    Raises:
        InputError: Not a table, no such column, or unreadable; also later.
    """
    # open_input gives streams that can look ahead.
    first = stream.peek(512)[:512]  # type: ignore[attr-defined]
    if first.startswith(_PARQUET):
        return "row", _parquet_rows(stream, source, wanted, text)
    foreign = foreign_format(first)
    if first[:1] == b">":
        foreign = "FASTA: --fasta, in Python zoo.data.from_fasta"
    if foreign:
        raise InputError(
            f"{source}, line 1: not a table: expected a header line. Received: "
            f"{first[:20]!r}, which looks like {foreign}."
        )
    return "line", _text_rows(stream, source, wanted)


def _text_rows(stream: IO[bytes], source: str, wanted: Sequence[str]) -> TableRows:
    lines = decoded_lines(stream, source)
    line = 1
    header = next(lines, "")
    if not header.strip():
        raise InputError(f"{source} is empty: expected a header line and rows.")
    delimiter = _delimiter(source, header)
    try:
        names = next(csv.reader([header], delimiter=delimiter))
        places = [find_column(name, names, source) for name in wanted]
        pick = _picker(places)
        for text in lines:
            line += 1
            plain = text.rstrip("\r\n")
            if '"' in plain or "\r" in plain:
                # Quoted cells may span lines; errors give the last.
                reader = csv.reader(
                    itertools.chain([text], lines), delimiter=delimiter, strict=True
                )
                cells = next(reader)
                line += reader.line_num - 1
            elif plain:
                cells = plain.split(delimiter)
            else:
                continue
            if len(cells) == len(names):
                yield line, pick(cells)
                continue
            yield line, wrong_cells(f"{source}, line {line}", names, cells)
    except csv.Error as problem:
        raise InputError(
            f"{source}, line {line}: not a table that can be read: {problem}. "
            "Quoted sequences over 131,072 bp need Parquet or FASTA."
        ) from None


def wrong_cells(
    where: str, names: Sequence[str], cells: Sequence[str], like: str = "the header"
) -> InputError:
    """The error of a row that has not one cell for each name."""
    message = f"{where}: expected {len(names)} cells, as in {like}. "
    message += f"Received: {len(cells)}."
    if len(cells) == len(names) + 1 and like == "the header":
        message += (
            f" Is the first, {cells[0]!r:.40}, the name or number of the row? Write "
            "the table without: write.table(row.names=FALSE), to_csv(index=False)."
        )
    return InputError(message)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if len(places) > 1:
        return operator.itemgetter(*places)
    # Of one place, itemgetter gives the cell alone.
    return lambda cells: (cells[places[0]],)


def decoded_lines(
    stream: IO[bytes], source: str, *, max_bytes: int = -1
) -> Iterator[str]:
    """Lines of UTF-8 with their ends, without a byte order mark; -1 for any length."""
    lines = iter(lambda: stream.readline(max_bytes), b"")
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if len(line) == max_bytes:
            raise InputError(
                f"{source}, line {number}: expected lines of less than {max_bytes:,} "
                f"bytes. Received: {text[:20]!r}..."
            )
        try:
            yield text.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise InputError(
                f"{source}, line {number}: expected UTF-8 text. Received: byte "
                f"0x{text[problem.start]:02x} at position {problem.start + 1}. Save "
                "it as UTF-8 (from Latin-1: iconv -f latin1 -t utf-8)."
            ) from None


def _delimiter(source: str, header: str) -> str:
    path = PurePath(source.lower().removesuffix(".gz").removesuffix(".bgz"))
    usual = _DELIMITERS.get(path.suffix, "")
    # Where numbers have a decimal comma, spreadsheets write .csv with semicolons.
    return next((d for d in (usual, "\t", ";") if d and d in header), usual or ",")


def find_column(column: str, names: Sequence[str], source: str) -> int:
    """The place of a column; an error with the nearest name if there is none."""
    names = [name.strip() for name in names]
    if names.count(column) == 1:
        return names.index(column)
    if column in names:
        raise InputError(
            f"{source}: expected one column {column!r}. "
            f"Received: {names.count(column)} of that name. Rename them."
        )
    near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(map(repr, names[:20])) + ", ..." * (len(names) > 20)
    raise InputError(f"{source}: no column {column!r}.{hint} It has: {listed}.")


def _parquet_rows(
    stream: IO[bytes], source: str, wanted: Sequence[str], text: str | None
) -> TableRows:
    optional("pyarrow.parquet", "parquet", source, ", or save the table as TSV")
    import pyarrow

    if not stream.seekable():
        raise InputError(f"{source}: Parquet cannot come through a pipe. Name a file.")
    try:
        table = pyarrow.parquet.ParquetFile(stream)
        names = table.schema_arrow.names
        places = {name: find_column(name, names, source) for name in wanted}
        if text is not None:
            _check_type(table.schema_arrow.field(places[text]), source)
        number = 0
        for batch in table.iter_batches(_PARQUET_BATCH_ROWS, columns=list(places)):
            columns = {name: batch.column(name).to_pylist() for name in places}
            for cells in zip(*(columns[name] for name in wanted), strict=True):
                number += 1
                yield number, cells
    except pyarrow.ArrowException as error:
        raise InputError(f"{source}: damaged Parquet file ({error}).") from None


def _check_type(field: Any, source: str) -> None:
    import pyarrow

    kind = field.type
    if pyarrow.types.is_dictionary(kind):
        kind = kind.value_type
    if not any(
        check(kind)
        for check in (
            pyarrow.types.is_string,
            pyarrow.types.is_large_string,
            pyarrow.types.is_string_view,
            pyarrow.types.is_binary,
        )
    ):
        raise InputError(
            f"{source}: expected text in column {field.name!r}. Received: {field.type}."
        )
