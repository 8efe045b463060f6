import csv
import gzip
import io
import sys

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings, strategies as st

from zoo.data.tables import read_table
from zoo.dna import decode
from zoo.errors import InputError

SEQUENCES = st.text("ACGTNacgtn", min_size=1, max_size=30).filter(
    lambda text: text.lower() not in ("na", "nan")
)
CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]),
    max_size=8,
)


def table(text, column="sequence", name="table.tsv", **keywords):
    stream = io.BytesIO(text)
    stream.name = name
    return list(read_table(stream, column, **keywords))


def pairs(records):
    return [(record.name, decode(record.codes)) for record in records]


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELLS, SEQUENCES, CELLS), min_size=1, max_size=6),
    st.sampled_from(["\t", ",", ";"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_what_csv_writes_comes_back(rows, delimiter, end, mark, packed):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([("id", "sequence", "other"), *rows])
    data = text.getvalue().encode("utf-8-sig" if mark else "utf-8")
    data = gzip.compress(data) if packed else data
    name = {"\t": "a.tsv.gz", ",": "a.csv", ";": "a.txt"}[delimiter]
    expected = [(cell.strip(), sequence.upper()) for cell, sequence, _ in rows]
    assert pairs(table(data, name=name, name_column="id")) == expected
    numbered = [(f"row_{i + 1}", s) for i, (_, s) in enumerate(expected)]
    assert pairs(table(data, name=name)) == numbered


@pytest.mark.parametrize("name", ["a.csv", "a.CSV.gz", "a.txt"])
def test_the_delimiter_of_commas(name):
    assert pairs(table(b"x,sequence\n1,AC\n", name=name)) == [("row_1", "AC")]


@pytest.mark.parametrize("delimiter", ["\t", ";"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_header_without_the_extension_s_delimiter_says_the_other(name, delimiter):
    rows = f"x{delimiter}sequence\n0,5{delimiter}AC\n".encode()
    assert pairs(table(rows, name=name, name_column="x")) == [("0,5", "AC")]


def test_the_extension_wins_over_the_header():
    data = b"id\tsequence,x\n1\tAC\n"
    assert pairs(table(data, "sequence,x", name="a.tsv")) == [("row_1", "AC")]


BAD_ROWS = [
    (b"b", r"line 3: expected 2 cells, as in the header\. Received: 1"),
    (b"b\tA\tC", r"line 3: expected 2 cells.*Received: 3"),
    (b"b\t", r"line 3: record 'b', column 'sequence' is empty"),
    (b"b\tACR", r"line 3: record 'b', column 'sequence': .*'R' at position 3 "),
]


@pytest.mark.parametrize(("row", "message"), BAD_ROWS)
def test_a_bad_row_is_named(row, message):
    text = b"id\tsequence\na\tAC\n" + row + b"\nc\tGT\n"
    with pytest.raises(InputError, match=f"^table.tsv, {message}"):
        table(text, name_column="id")
    errors = []
    records = table(text, name_column="id", on_invalid=errors.append)
    assert pairs(records) == [("a", "AC"), ("c", "GT")]
    assert len(errors) == 1


def test_rows_are_numbered_with_those_left_out():
    text = b"sequence\nA\nR\nC\n"
    assert [r.name for r in table(text, on_invalid=lambda e: None)] == [
        "row_1",
        "row_3",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"id\tsequence\n", "has no rows"),
        (b"id\tsequence\n\n\n", "has no rows"),
        (b"id\tsequenze\n1\tA\n", "no column 'sequence'.*Did you mean 'sequenze'"),
        (b"id\tx\n1\tA\n", r"no column 'sequence'\. It has: 'id', 'x'"),
        (b"sequence\tsequence\nA\tA\n", "expected one column 'sequence'.*2 of that"),
        (b">a\nACGT\n", "not a table.*--fasta"),
        (b"\x00\x01", "not a table.*binary"),
        (b"id\tsequence\ncaf\xe9\tA\n", "expected UTF-8"),
        (b'id\tsequence\n1\t"A\n', "line 2: not a table that can be read"),
        (b'sequence\n"' + b"A" * 140_000 + b'"\n', "line 2: .*field larger than"),
        (b"sequence\nA\nC\rG\n", "line 3: not a table that can be read"),
    ],
)
def test_what_is_unfit_is_refused(text, message):
    with pytest.raises(InputError, match=rf"^table\.tsv.*{message}"):
        table(text, on_invalid=lambda error: None)


def test_standard_input_stays_open(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b"sequence\nAC\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert pairs(read_table("-", "sequence")) == [("row_1", "AC")]
    assert not stdin.closed


def parquet(columns):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "kind",
    [
        pyarrow.string(),
        pyarrow.large_string(),
        pyarrow.binary(),
        pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
    ],
)
def test_parquet(kind, tmp_path):
    path = tmp_path / "no_extension"
    values = pyarrow.array(["ACGT", "nn", " GG "]).cast(kind)
    path.write_bytes(parquet({"id": [5, 6, 7], "sequence": values, "x": [1, 2, 3]}))
    expected = [("5", "ACGT"), ("6", "NN"), ("7", "GG")]
    assert pairs(read_table(path, "sequence", name_column="id")) == expected
    assert pairs(read_table(path, "sequence"))[2] == ("row_3", "GG")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"sequence": [1, 2]}, "expected text in column 'sequence'.*int64"),
        ({"seq": ["A"]}, "no column 'sequence'.*Did you mean 'seq'"),
        ({"sequence": ["A", None]}, "row 2: record 'row_2'.* is empty"),
        ({"sequence": ["A", "AX"]}, "row 2: record 'row_2'.*'X' at position 2"),
        ({"sequence": pyarrow.array([], pyarrow.string())}, "has no rows"),
    ],
)
def test_unfit_parquet(columns, message):
    with pytest.raises(InputError, match=rf"^a\.parquet.*{message}"):
        table(parquet(columns), name="a.parquet")


def test_damaged_parquet():
    with pytest.raises(InputError, match=r"a\.parquet: damaged Parquet"):
        table(parquet({"sequence": ["A"]})[:-20], name="a.parquet")


def test_parquet_without_pyarrow(monkeypatch):
    data = parquet({"sequence": ["A"]})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"seqzoo\[parquet\]"):
        table(data)


def test_a_missing_table(tmp_path):
    with pytest.raises(InputError, match=r"no\.tsv: no such file"):
        list(read_table(tmp_path / "no.tsv", "sequence"))


@pytest.mark.parametrize("missing", ["NA", "NaN", " na"])
def test_missing_values_are_no_bases(missing):
    """N and A are bases, but what R and pandas write for nothing is not."""
    text = f"sequence\nNAC\n{missing}\nAN\n".encode()
    says = rf"line 3: record 'row_2', .*{missing.strip()!r}, which stands for a missing"
    with pytest.raises(InputError, match=says):
        table(text)
    skipped = []
    kept = pairs(table(text, on_invalid=skipped.append))
    assert kept == [("row_1", "NAC"), ("row_3", "AN")]
    assert len(skipped) == 1
