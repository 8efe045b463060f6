"""TSV, CSV and Parquet -> records, one a row, in a stream."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import IO, Any, NamedTuple

from zoo.data.fasta import OnInvalid
from zoo.data.files import Input, foreign_format, open_input
from zoo.data.record import Record
from zoo.dna import encode
from zoo.errors import InputError

_DELIMITERS = {".tsv": "\t", ".tab": "\t", ".csv": ","}
_PARQUET = b"PAR1"
_PARQUET_BATCH_ROWS = 4_096


class _Row(NamedTuple):
    where: str
    name: str | None
    sequence: Any


def read_table(
    path: Input,
    column: str,
    *,
    name_column: str | None = None,
    on_invalid: OnInvalid | None = None,
) -> Iterator[Record]:
    """Read one record a row from a table with a header.

    Text is plain or gzip; columns are separated by tab (.tsv, .tab) or comma (.csv),
    and for other names by what the header holds: tab, else semicolon, else comma.
    Parquet is told by its first bytes and needs pyarrow.

    Args:
        path: A path, "-" for standard input (text only), or a binary stream.
        column: The column of the sequences.
        name_column: The column of the names; "row_1", ... without it.
        on_invalid: Called with the error of each row that cannot be used, which is
            then skipped. Without it such an error is raised.

    Yields:
        Records in the order of the table.

    Raises:
        InputError: The table cannot be read, has no such column or no rows, or,
            without `on_invalid`, a row has too few or too many cells or no valid
            sequence.
    """
    count = 0
    with open_input(path) as (stream, source):
        for row in _rows(stream, source, column, name_column):
            count += 1
            name = f"row_{count}" if row.name is None else row.name
            try:
                if isinstance(row.sequence, InputError):
                    raise row.sequence
                where = f"{row.where}: record {name!r}, column {column!r}"
                codes = encode((row.sequence or "").strip(), record=where)
            except InputError as error:
                if on_invalid is None:
                    raise
                on_invalid(error)
                continue
            codes.flags.writeable = False
            yield Record(name, codes, row.where)
    if count == 0:
        raise InputError(f"{source} has no rows below its header: expected sequences.")


def _rows(
    stream: IO[bytes], source: str, column: str, name_column: str | None
) -> Iterator[_Row]:
    wanted = [column] if name_column is None else [column, name_column]
    # open_input gives streams that can look ahead.
    first = stream.peek(512)[:512]  # type: ignore[attr-defined]
    if first.startswith(_PARQUET):
        return _parquet_rows(stream, source, wanted)
    foreign = "FASTA; use --fasta" if first[:1] == b">" else foreign_format(first)
    if foreign:
        raise InputError(
            f"{source}: not a table: expected a header line. Received: {first[:20]!r}, "
            f"which looks like {foreign}."
        )
    return _text_rows(stream, source, wanted)


def _text_rows(stream: IO[bytes], source: str, wanted: Sequence[str]) -> Iterator[_Row]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    line = 1
    try:
        header = text.readline()
        if not header.strip():
            raise InputError(f"{source} is empty: expected a header line and rows.")
        delimiter = _delimiter(source, header)
        names = next(csv.reader([header], delimiter=delimiter))
        places = [_find(name, names, source) for name in wanted]
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        for cells in reader:
            # A quoted cell may span lines; errors give the last.
            line = 1 + reader.line_num
            where = f"{source}, line {line}"
            if not cells:
                continue
            if len(cells) != len(names):
                error = InputError(
                    f"{where}: expected {len(names)} cells, as in the header. "
                    f"Received: {len(cells)}."
                )
                yield _Row(where, None, error)
                continue
            name = cells[places[1]].strip() if len(places) > 1 else None
            yield _Row(where, name, cells[places[0]])
    except UnicodeDecodeError as problem:
        raise InputError(f"{source}: expected UTF-8 text ({problem}).") from None
    except csv.Error as problem:
        raise InputError(
            f"{source}, line {line + 1}: not a table that can be read: {problem}. "
            "Sequences over 131,072 bp need Parquet or FASTA."
        ) from None
    finally:
        # Closing `text` would close the caller's stream.
        text.detach()


def _delimiter(source: str, header: str) -> str:
    path = PurePath(source.lower().removesuffix(".gz").removesuffix(".bgz"))
    if path.suffix in _DELIMITERS:
        return _DELIMITERS[path.suffix]
    return next((d for d in "\t;" if d in header), ",")


def _find(column: str, names: Sequence[str], source: str) -> int:
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
    stream: IO[bytes], source: str, wanted: Sequence[str]
) -> Iterator[_Row]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            f"{source} is Parquet, which needs pyarrow. "
            "Install it (pip install 'seqzoo[parquet]'), or save the table as TSV."
        ) from None
    if not stream.seekable():
        raise InputError(f"{source}: Parquet cannot come through a pipe. Name a file.")
    try:
        table = pyarrow.parquet.ParquetFile(stream)
        names = table.schema_arrow.names
        places = [_find(name, names, source) for name in wanted]
        _check_type(table.schema_arrow.field(places[0]), source)
        number = 0
        for batch in table.iter_batches(_PARQUET_BATCH_ROWS, columns=list(wanted)):
            columns = [batch.column(name).to_pylist() for name in wanted]
            for cells in zip(*columns, strict=True):
                number += 1
                name = str(cells[1]) if len(cells) > 1 else None
                yield _Row(f"{source}, row {number}", name, cells[0])
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
