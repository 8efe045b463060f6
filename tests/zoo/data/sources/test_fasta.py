import gzip
import io

import numpy as np
import pytest

from tests.made import stream
from zoo.data import from_fasta
from zoo.dna import decode
from zoo.errors import InputError

FASTA = """>a label=1 split=train
ACGT
>b|label=NA split=test
AC
GG
>c x label=-2.5;other=3 split=
NNNN
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_fields_of_the_header(end, pack):
    text = pack(FASTA.replace("\n", end).encode())
    found = from_fasta(stream(text), targets="label", columns="split")
    np.testing.assert_array_equal(found.targets, [[1], [np.nan], [-2.5]])
    assert [decode(row) for row in found.codes()] == ["ACGT", "ACGG", "NNNN"]
    assert found.names.tolist() == ["a", "b|label=NA", "c"]
    assert found.columns["split"].tolist() == ["train", "test", ""]
    assert found.outputs == ("label",)


def test_a_pattern_of_the_header():
    text = ">x1_pos\nAC\n>x2_neg\nGT\n"
    found = from_fasta(
        stream(text),
        targets="kind",
        classes=["neg", "pos"],
        one_hot=False,
        header=r"_(?P<kind>\w+)$",
    )
    assert found.targets.tolist() == [[1], [0]]


def test_labels_in_another_file(tmp_path):
    (tmp_path / "labels.csv").write_text("id,y,z\nc,3,u\nother,9,v\na,1,w\nb,,x\n")
    found = from_fasta(
        stream(">a\nAC\n>b\nGT\n>c\nTT\n"),
        targets="y",
        columns="z",
        table=tmp_path / "labels.csv",
        name_column="id",
    )
    np.testing.assert_array_equal(found.targets, [[1], [np.nan], [3]])
    assert found.columns["z"].tolist() == ["w", "x", "u"]


BAD = [
    (
        ">b\nACGT\n",
        r"line 3: record 'b': expected label=VALUE",
        "no label in the header",
    ),
    (
        ">b label=x\nACGT\n",
        r"line 3: record 'b': column 'label'.*'x'",
        "unreadable label",
    ),
    (">b label=1\nACG\n", "line 3: record 'b': expected 4 bp", "another length"),
    (
        ">b label=1\nACXT\n",
        r"line 4: record 'b'.*'X' at position 3",
        "invalid sequence",
    ),
    (">a label=1\nACGT\n", "line 3: record 'a'.*earlier record", "invalid sequence"),
]


@pytest.mark.parametrize(("record", "message", "reason"), BAD)
def test_a_bad_record_is_named_or_counted(record, message, reason, tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(f">a label=1\nACGT\n{record}>c label=0\nGGGG\n")
    with pytest.raises(InputError, match=rf"a\.fa, {message}"):
        from_fasta(path, targets="label")
    found = from_fasta(path, targets="label", on_invalid="drop")
    assert found.names.tolist() == ["a", "c"]
    assert found.targets.tolist() == [[1], [0]]
    assert found.dropped == {reason: 1}


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"header": "("}, "not a regular expression"),
        ({"header": "(?P<x>.)"}, r"group \(\?P<label>.*It has: x"),
        ({"header": "(?P<label>Z)"}, "expected a header that"),
        ({"header": "(?P<label>Z)", "table": "t.csv"}, "not both"),
        ({"table": io.BytesIO(b"name,label\nz,1\n")}, "record 'a'.*no row of"),
        ({"table": io.BytesIO(b"name,label\na,1\na,2\n")}, "line 3.*unique"),
        ({"table": io.BytesIO(b"name,label\na\n")}, "line 2: expected 2 cells"),
        ({"table": io.BytesIO(b"name,labels\na,1\n")}, "Did you mean 'labels'"),
        ({"table": io.BytesIO(b"name,label\na,\xe9\n")}, "line 2: expected UTF-8"),
    ],
)
def test_labels_that_cannot_be_found(keywords, message):
    with pytest.raises(InputError, match=message):
        from_fasta(stream(">a\nAC\n"), targets="label", **keywords)


def test_bad_rows_of_the_table_are_left_out():
    rows = b"name,label\na,1\na,2\nb\nc,0\n"
    found = from_fasta(
        stream(">a\nAC\n>b\nGT\n>c\nTT\n"),
        targets="label",
        table=io.BytesIO(rows),
        on_invalid="drop",
    )
    assert found.names.tolist() == ["a", "c"]
    assert found.targets.tolist() == [[1], [0]]
    assert found.dropped == {
        "duplicate name in the table": 1,
        "wrong number of cells in the table": 1,
        "no label in the table": 1,
    }


def test_nothing_left():
    with pytest.raises(InputError, match=r"a\.fa: no row could be used.*1 no label"):
        from_fasta(stream(">a\nAC\n"), targets="label", on_invalid="drop")
