import gzip
import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.made import stream
from zoo.data import from_table
from zoo.data.tables import MISSING
from zoo.dna import decode, encode
from zoo.errors import InputError

NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
LABELS = st.one_of(NUMBERS, st.sampled_from(["", "NA", "nan", "N/A", "NULL"]))


TEXTS = st.text("ACGTN", min_size=1, max_size=12).filter(
    lambda text: text.lower() not in MISSING
)


def table(text, file="table.tsv", **keywords):
    return from_table(stream(text, file), **keywords)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.text("ACGTNacgtn", min_size=7, max_size=7), LABELS, LABELS),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([("\t", "a.tsv"), (",", "a.csv"), (";", "a.txt")]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_pandas_writes_comes_back(rows, form, end, packed):
    pandas = pytest.importorskip("pandas")
    delimiter, file = form
    frame = pandas.DataFrame(rows, columns=["sequence", "a", "b"])
    frame.insert(0, "id", [f"n{row}" for row in range(len(rows))])
    text = frame.to_csv(sep=delimiter, index=False, lineterminator=end).encode()
    packed_text = gzip.compress(text) if packed else text
    found = table(packed_text, file, targets=["b", "a"], name_column="id", columns="a")
    read = pandas.read_csv(io.BytesIO(text), sep=delimiter)
    expected = read[["b", "a"]].apply(pandas.to_numeric).to_numpy(np.float32)
    np.testing.assert_array_equal(found.targets, expected)
    assert found.targets.dtype == np.float32
    assert [decode(row) for row in found.codes()] == [r[0].upper() for r in rows]
    assert found.names.tolist() == frame["id"].tolist()
    assert found.columns["a"].tolist() == [str(row[1]) for row in rows]
    assert found.outputs == ("b", "a")
    assert found.dropped == {}


def test_parquet_is_the_same_as_text(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(
        {
            "sequence": ["ACGT", "GGTT", "NNNN"],
            "y": [1.5, None, -3],
            "n": [1, 2, 3],
            "split": ["train", None, "test"],
        }
    )
    path = tmp_path / "a.parquet"
    frame.to_parquet(path)
    found = from_table(
        path, targets=["y", "n"], sample_weight="n", columns=["split", "n"]
    )
    np.testing.assert_array_equal(
        found.targets, np.array([[1.5, 1], [np.nan, 2], [-3, 3]], np.float32)
    )
    assert found.columns["split"].tolist() == ["train", "", "test"]
    assert found.columns["n"].dtype == np.int64
    assert found.sample_weight.tolist() == [1, 2, 3]


CLASSES = "sequence\tkind\nAC\tEI\nGT\tIE\nTT\tNA\nGG\tEI\n"


def test_classes_as_one_hot_and_as_numbers():
    nan = np.nan
    found = table(CLASSES, targets="kind", classes=["IE", "EI", "N"])
    expected = [[0, 1, 0], [1, 0, 0], [nan, nan, nan], [0, 1, 0]]
    np.testing.assert_array_equal(found.targets, np.array(expected, np.float32))
    assert found.outputs == ("IE", "EI", "N")
    found = table(CLASSES, targets="kind", classes=["IE", "EI"], one_hot=False)
    np.testing.assert_array_equal(found.targets, [[1], [0], [nan], [1]])
    assert found.outputs == ("kind",)


def test_without_targets_there_are_none():
    found = table("sequence\nAC\n")
    assert found.targets is None
    assert found.names is None


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_resizing_crops_and_pads_in_the_middle(texts):
    length = 6
    found = table("sequence\n" + "\n".join(texts), sequence_length=length, resize=True)
    for text, codes in zip(texts, found.codes(), strict=True):
        extra = len(text) - length
        if extra >= 0:
            expected = text[extra // 2 :][:length]
        else:
            left = -extra // 2
            expected = "N" * left + text + "N" * (-extra - left)
        assert decode(codes) == expected


ROWS = "id\tsequence\ty\tw\na\tACGT\t1\t1\n"
BAD = [
    ("b\tACGT\t1", r"line 3: expected 4 cells.*Received: 3", "wrong number of cells"),
    (
        "b\tACXT\t1\t1",
        r"line 3: column 'sequence'.*'X' at position 3",
        "invalid sequence",
    ),
    ("b\t\t1\t1", "line 3: column 'sequence' is empty", "invalid sequence"),
    ("b\tACG\t1\t1", r"line 3: expected 4 bp.*line 2\. Received: 3", "another length"),
    ("b\tACGT\tx\t1", r"line 3: column 'y'.*'x'.*classes=\['x'\]", "unreadable label"),
    ("b\tACGT\t1_0\t1", "line 3: column 'y'.*'1_0'", "unreadable label"),
    ("b\tACGT\tinf\t1", "line 3: column 'y'.*finite.*'inf'", "unreadable label"),
    ("b\tACGT\t1e39\t1", "line 3: column 'y'.*'1e39'", "unreadable label"),
    ("b\tACGT\t1\t-1", "line 3: column 'w'.*at least 0", "unreadable sample weight"),
    ("b\tACGT\t1\t", "line 3: column 'w'.*at least 0", "unreadable sample weight"),
    ("a\tACGT\t1\t1", "line 3: column 'id'.*earlier row.*'a'", "duplicate name"),
    ("\tACGT\t1\t1", "line 3: column 'id'.*Received none", "no name"),
]


@pytest.mark.parametrize(("row", "message", "reason"), BAD)
def test_a_bad_row_is_named_or_counted(row, message, reason):
    text = f"{ROWS}{row}\nc\tGGGG\tNA\t2\n"
    keywords = {"targets": "y", "name_column": "id", "sample_weight": "w"}
    with pytest.raises(InputError, match=rf"^table\.tsv, {message}"):
        table(text, **keywords)
    errors = []
    for on_invalid in ("drop", errors.append):
        found = table(text, on_invalid=on_invalid, **keywords)
        assert found.names.tolist() == ["a", "c"]
        assert found.dropped == {reason: 1}
        np.testing.assert_array_equal(found.targets, [[1], [np.nan]])
        np.testing.assert_array_equal(found.codes()[1], encode("GGGG"))
    assert len(errors) == 1


def test_an_unknown_class_is_named():
    with pytest.raises(InputError, match=r"line 3: .*'IE'.*Did you mean 'IEE'"):
        table(CLASSES, targets="kind", classes=["EI", "IEE"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sequenze\ty\nA\t1\n", r"no column 'sequence'.*Did you mean 'sequenze'"),
        ("sequence\tY\nA\t1\n", r"no column 'y'.*It has: 'sequence', 'Y'"),
        (b"sequence\ty\nA\t1\n\xe9\t1\n", "line 3: expected UTF-8 text.*0xe9.*iconv"),
        ("sequence\ty\nA\t1\n".encode("utf-16"), "line 1: not a table.*UTF-16"),
        (
            gzip.compress(b"sequence\ty\n" + b"A\t1\n" * 900, mtime=0)[:-20],
            "gzip.*cut short",
        ),
        ("sequence\ty\nX\t1\n", "no row could be used. Left out: 1 invalid sequence"),
    ],
)
def test_what_is_unfit_is_refused(text, message):
    with pytest.raises(InputError, match=rf"^table\.tsv.*{message}"):
        table(text, targets="y", on_invalid="drop")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"resize": True}, "needs a sequence_length"),
        ({"sequence_length": 0}, "at least 1"),
        ({"on_invalid": "skip"}, "on_invalid.*'skip'"),
        ({"targets": ["y", "y"]}, "each of targets once"),
        ({"targets": [1]}, "names of columns as targets"),
        ({"targets": ["y", "z"], "classes": ["a", "b"]}, "for one column"),
        ({"targets": "y", "classes": ["a"]}, "at least two"),
        ({"targets": "y", "classes": "ab"}, "list of classes"),
    ],
)
def test_arguments(keywords, message):
    with pytest.raises(InputError, match=message):
        table("sequence\ty\tz\nAC\t1\t1\n", **keywords)


def test_a_given_length_is_held():
    with pytest.raises(InputError, match="line 2: expected 5 bp, as sequence_length"):
        table("sequence\nACGT\n", sequence_length=5)


def test_many_chunks_are_one_table():
    count = 10_000
    rows = [f"{'ACGT'[row % 4]}C\t{row}" for row in range(count)]
    rows[7000] = "AC"
    text = "sequence\ty\n" + "\n".join(rows)
    found = table(text, targets="y", on_invalid="drop")
    expected = np.delete(np.arange(count), 7000)
    np.testing.assert_array_equal(found.targets[:, 0], expected)
    np.testing.assert_array_equal(found.codes()[:, 0], expected % 4)
    with pytest.raises(InputError, match="line 7002: expected 2 cells"):
        table(text, targets="y")


@pytest.mark.parametrize("missing", ["NA", "nan"])
def test_missing_values_are_no_bases(missing):
    text = f"sequence\nAN\n{missing}\nTA\n"
    with pytest.raises(InputError, match=f"line 3: .*{missing!r}, which stands for"):
        table(text)
    found = table(text, on_invalid="drop")
    assert [decode(row) for row in found.codes()] == ["AN", "TA"]
    assert found.dropped == {"invalid sequence": 1}


def test_columns_are_inputs_beside_the_sequence():
    text = "sequence\tcell\tage\tdose\nACGT\t2\t30\tNA\nACGA\t0\t40\t0.5\n"
    inputs = {"cell_type": "cell", "covariates": ["dose", "age"], "age": "age"}
    found = table(text, inputs=inputs)
    np.testing.assert_array_equal(found.inputs["cell_type"], [2, 0])
    np.testing.assert_array_equal(
        found.inputs["covariates"], np.array([[np.nan, 30], [0.5, 40]], np.float32)
    )
    np.testing.assert_array_equal(found.inputs["age"], [30, 40])
    assert found.targets is None and not found.columns
    dropped = table(text.replace("0.5", "much"), inputs=inputs, on_invalid="drop")
    assert dropped.dropped == {"unreadable input": 1}
    np.testing.assert_array_equal(dropped.inputs["cell_type"], [2])
    with pytest.raises(InputError, match=r"line 3: column 'dose'.*'much'\.$"):
        table(text.replace("0.5", "much"), inputs=inputs)
    with pytest.raises(InputError, match="'height'"):
        table(text, inputs={"covariates": "height"})
