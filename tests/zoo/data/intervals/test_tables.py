import gzip

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.made import stream
from zoo.data.intervals.tables import read_interval_table
from zoo.data.sources.rejected import Rejected
from zoo.errors import InputError

WORDS = st.text("abcXYZ019_-:", min_size=1, max_size=6)


def bed(text, on_invalid="error", name="peaks.bed", **keywords):
    """The rows of a file, or of a frame, as tuples, and the table."""
    if isinstance(text, (str, bytes)):
        text = stream(text, name)
    table = read_interval_table(text, rejected=Rejected(on_invalid), **keywords)
    found = table.intervals
    columns = (found.chrom, found.start, found.end, found.strand)
    return list(zip(*(column.tolist() for column in columns), strict=True)), table


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            WORDS,
            st.integers(0, 10**9),
            st.integers(1, 10**6),
            WORDS,
            st.sampled_from("+-."),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(3, 9),
    st.sampled_from(["\t", " "]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_rows_come_back(rows, columns, delimiter, end):
    lines, expected = ["# comment", "track name=x", "browser position", ""], []
    names, places = [], []
    for chrom, start, size, name, strand in rows:
        chrom, name = "c" + chrom, "n" + name
        cells = [chrom, start, start + size, name, 0, strand, 1, 2, 3][:columns]
        lines.append(delimiter.join(map(str, cells)))
        expected.append((chrom, start, start + size, strand if columns > 5 else "."))
        names.append(name if columns > 3 else f"{chrom}:{start}-{start + size}")
        places.append(f"peaks.bed, line {len(lines)}")
    text = end.join(lines).encode()
    for content in (text, b"\xef\xbb\xbf" + text + end.encode(), gzip.compress(text)):
        found, table = bed(content)
        assert found == expected
        assert table.names() == names
        assert [table.where(row) for row in range(len(found))] == places
        assert not table.summits


BAD_LINES = [
    (b"chr1", r"expected chrom, start and end.*Received: 1 column: 'chr1'"),
    (b"chr1\t5", r"Received: 2 columns: 'chr1'\.$"),
    (b"chrom\tstart\tend", r"expected .*whole numbers.*Received: .*'start', 'end'\.$"),
    (b"chr1\t1_0\t20", "Received: .*'1_0'"),
    (b"chr1\t1.5\t20", "Received: .*'1.5'"),
    (b"chr1\t+1\t20", r"Received: .*'\+1'"),
    (b"\t1\t20", "expected a name as chrom"),
    (b"chr1\t-1\t20", "expected start >= 0.*start -1"),
    (b"chr1\t5\t5", "expected end > start.*start 5, end 5"),
    (b"chr1\t5\t4", "expected end > start.*start 5, end 4"),
    (b"chr1\t5\t9\tx\t0\t1", r"expected strand '\+', '-' or '\.'.*strand '1'"),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_bad_line_is_named(line, message):
    text = b"# one\nchr1\t1\t2\tx\t0\t+\n" + line + b"\n"
    with pytest.raises(InputError, match=f"^peaks.bed, line 3: .*{message}"):
        bed(text)


def test_bad_lines_are_left_out_one_by_one():
    errors = []
    lines = [line for line, _ in BAD_LINES]
    text = b"\n".join([b"chr1\t1\t2\ta\t0\t+", *lines, b"chr2\t3\t4"])
    # Rows that end before the name or the strand have none, whichever come first.
    assert bed("a 1 2\na 3 4\na 5 6 x 0 -\n")[0][2] == ("a", 5, 6, "-")
    found, table = bed(text, errors.append)
    assert found == [("chr1", 1, 2, "+"), ("chr2", 3, 4, ".")]
    assert table.names() == ["a", "chr2:3-4"]
    assert len(errors) == len(lines)
    places = [int(str(error).split("line ")[1].split(":")[0]) for error in errors]
    assert places == list(range(2, 2 + len(lines)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "holds no interval"),
        (b"# only\ntrack\n\n", "holds no interval"),
        (b"chrom\tstart\tend\n\n", "no rows below its header"),
        (b"\x00\x01\x02", "not BED.*binary data"),
        (b"caf\xe9\t1\t2\n", "line 1: expected UTF-8"),
        (b"x" * 2_000_000, "line 1: expected lines of less than"),
    ],
)
def test_what_is_no_bed_is_refused(text, message):
    with pytest.raises(InputError, match=f"^peaks.bed.*{message}"):
        bed(text, lambda error: None)


EXPECTED = [("chr1", 100, 120, "-"), ("chr2", 7, 9, ".")]


@pytest.mark.parametrize(
    "text",
    [
        "chrom start end strand\nchr1 100 120 -\nchr2 7 9 .\n",
        "#Chr\tStart\tEnd\tStrand\nchr1\t100\t120\t-\nchr2\t7\t9\t*\n",
        "# c\n#chrom chromStart chromEnd strand\nchr1 100 120 -\nchr2 7 9 .\n",
        "#bin\tchrom\tchromStart\tchromEnd\tstrand\n"
        "5\tchr1\t100\t120\t-\n6\tchr2\t7\t9\t.\n",
        "Chromosome,Start,End,Strand\nchr1,100,120,-\nchr2,7,9,\n",
        '"seqnames" "start" "end" "strand"\n"chr1" 100 120 "-"\n"chr2" 7 9 "*"\n',
        "\tchrom\tstart\tend\tstrand\n0\tchr1\t100\t120\t-\n1\tchr2\t7\t9\t\n",
        "chr1\t100\t120\t-\nchr2\t7\t9\t.\n",
        "chr1\t100\t120\t-\t5\nchr2\t7\t9\t*\t7\n",
        "chr1 100 120 - 5 1 0\nchr2 7 9 . 7 2 0\n",
        "# chromosomes: chrom start end, sorted\nchr1 100 120 x 0 -\nchr2 7 9 y 1 *\n",
    ],
)
def test_names_and_strands_as_others_write_them(text):
    assert bed(text)[0] == EXPECTED


def test_an_empty_last_cell_is_a_cell():
    text = "chrom\tstart\tend\tlabel\nchr1\t5\t9\t1\nchr1\t6\t9\t\r\n"
    _, table = bed(text, wanted=["label"])
    assert table.cells["label"] == ["1", ""]
    _, table = bed("chr1\t5\t9\tx\nchr1\t6\t9\t\n")
    assert table.names() == ["x", "chr1:6-9"]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('"a b"', "a b"),
        # No pair around the cell: letters of it.
        ('"abc', '"abc'),
        ('5"', '5"'),
        ('"a"b', '"a"b'),
        (f'"{"a" * 200_000}', f'"{"a" * 200_000}'),  # more than csv reads
    ],
)
@pytest.mark.parametrize("delimiter", ["\t", " "])
def test_quotes_are_those_around_a_cell(cell, name, delimiter):
    found, table = bed(delimiter.join(["chr1", "1", "5", cell, "0", "-"]))
    assert (found, table.names()) == ([("chr1", 1, 5, "-")], [name])


@pytest.mark.parametrize(
    ("header", "row"),
    [
        # R's row names; of integer chromosomes all cells would be numbers.
        ("chrom\tstart\tend\ty", "1\t1\t100\t120\t0"),
        ("chrom start end y", "r1 chr1 100 120 0"),
        ("#chrom\tstart\tend\ty", "0\t1\t100\t120\t0"),
        ("chrom,start,end,y", "0,1,100,120,0"),
    ],
)
def test_a_row_with_one_cell_more_than_the_header_is_refused(header, row):
    text = f"{header}\n{row}\n"
    with pytest.raises(
        InputError, match=r"line 2: expected 4 cells, as in the header.*5.*row\.names"
    ):
        bed(text, wanted=["y"])
    with pytest.raises(InputError, match="1 wrong number of cells"):
        bed(text, lambda error: None, wanted=["y"])
    names = ["chrom", "start", "end", "y"]
    with pytest.raises(InputError, match="expected 4 cells, as in column_names"):
        bed(row.replace(",", "\t"), column_names=names)


@pytest.mark.parametrize(
    "text",
    [
        "# This file is generated by MACS version 2.2\n# effective size = 9e9\n\n"
        "chr\tstart\tend\tlength\tabs_summit\tpileup\tname\n"
        "chr1\t101\t120\t20\t105\t5.1\tp_1\nchr2\t8\t9\t2\t9\t7.0\tp_2\n",
        '"seqnames" "start" "end" "width" "strand"\n"chr1" 101 120 20 "*"\n'
        '"chr2" 8 9 2 "*"\n',
        "GeneID\tChr\tStart\tEnd\tStrand\na\tchr1\t101\t120\t.\nb\tchr2\t8\t9\t.\n",
        "#PeakID\tchr\tstart\tend\tstrand\na\tchr1\t101\t120\t.\nb\tchr2\t8\t9\t.\n",
        "##gff-version 3\nchr1\tx\tgene\t101\t120\t.\t.\t.\tID=a\n"
        "chr2\tx\tgene\t8\t9\t.\t.\t.\tID=b\n",
        {
            "chrom": ["chr1", "chr2"],
            "start": [101, 8],
            "end": [120, 9],
            "width": [20, 2],
        },
    ],
)
def test_what_counts_from_1_by_its_content_is_converted_and_said(text):
    with pytest.warns(UserWarning, match="start counts from 1") as said:
        found, _ = bed(text)
    assert len(said) == 1
    assert found == [("chr1", 100, 120, "."), ("chr2", 7, 9, ".")]
    assert bed(text, one_based=True)[0] == found
    assert bed(text, one_based=False)[0][0] == ("chr1", 101, 120, ".")


def test_a_length_that_is_end_minus_start_counts_from_0():
    text = "chrom\tstart\tend\tlength\nchr1\t100\t120\t20\nchr2\t7\t9\t2\n"
    assert bed(text)[0] == [("chr1", 100, 120, "."), ("chr2", 7, 9, ".")]


def test_the_summits_of_macs_are_in_bp_from_the_start():
    text = "chr\tstart\tend\tlength\tabs_summit\nchr1\t101\t120\t20\t105\n"
    with pytest.warns(UserWarning, match="'length'"):
        _, table = bed(text)
    assert table.summits
    assert table.cells["peak"] == [4]


PEAK = "chr1\t{}\t{}\tp\t0\t{}\t{}\t{}\t{}\t{}\n"
NARROW = PEAK.format(100, 200, ".", 5.5, 1, -1, 50)


@pytest.mark.parametrize(
    ("text", "name", "summits"),
    [
        (NARROW, "ENCFF001ABC.bed.gz", True),
        ("track type=narrowPeak\n" + PEAK.format(1, 9, "+", 5, 1, 1, 3), "a", True),
        (PEAK.format(1, 9, "+", 5, 1, 1, 3), "a.narrowPeak", True),
        # Old ENCODE files write whole numbers, and -1 for no P value.
        (PEAK.format(1, 9, ".", 182, -1, -1, 5), "a.bed", True),
        # A damaged row does not change how the others are read.
        (NARROW * 20 + PEAK.format(1, 9, ".", 5.5, 1, -1, 50), "a.bed", True),
        # Counts of four samples, and what bedtools coverage writes.
        (PEAK.format(1, 90, "+", 5, 1, 1, 3), "a.bed", False),
        (PEAK.format(1, 90, "+", 5, 44, 89, 0.4943820), "a.bed", False),
        # A fold change, a P value and a number.
        (PEAK.format(1, 90, "+", -1.5, 0.01, 0.1, 3), "a.bed", False),
        # BED9 and a score; two intervals side by side.
        (PEAK.format(1, 90, "+", 1, 90, "255,0,0", 3), "a.bed", False),
        (PEAK.format(1, 90, "+", 1, 90, 0, 3), "a.bed", False),
        (PEAK.format(1, 90, "+", "chr1", 5, 9, 3), "a.bed", False),
        # A summit beyond the interval is none.
        (PEAK.format(1, 9, "+", 5.5, 1.2, 1, 30) * 3, "a.bed", False),
        (NARROW.rsplit("\t", 1)[0] + "\n", "a.bed", False),
        (NARROW.replace("\t50", "\t50\t7"), "a.bed", False),
    ],
)
def test_narrow_peaks_are_told_by_their_content(text, name, summits):
    _, table = bed(text, name=name, on_invalid="drop")
    assert table.summits == summits


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("chr1\t100\t200\tp\t0\t-\t5.5\t1.5\t0.3", "broad"),
        ("chr1\t1\t9\tp\t0\t-\t1\t9\t0\t2\t2,2\t0,6\t5.5\t1.5\t0.3", "gapped"),
        ("chr1\t1\t9\tp\t0\t-\t5.5\t1.5\t0.3\t4", "narrow"),
        ("chr1\t1\t9\tp\t0\t-\t5\t1\t0\t4", "narrow"),
    ],
)
def test_peaks_name_their_columns(row, kind):
    _, table = bed(row, wanted=["signalValue", "qValue"])
    place = {"broad": 6, "gapped": 12, "narrow": 6}[kind]
    cells = row.split("\t")
    assert table.cells["signalValue"] == [cells[place]]
    assert table.cells["qValue"] == [cells[place + 2]]
    assert table.intervals.strand.tolist() == ["-"]


FRAME = {
    "Chromosome": [1, 2],
    "Start": [100, 7],
    "End": [120, 9],
    "Strand": ["-", float("nan")],
    "Score": [0.5, 1.5],
}


@pytest.mark.parametrize("library", ["dict", "pandas", "categories", "polars", "lazy"])
def test_frames_as_others_name_them(library):
    frame = FRAME
    if library in ("pandas", "categories"):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(FRAME)
        if library == "categories":
            frame = frame.astype({"Chromosome": "category", "Strand": "string"})
    elif library != "dict":
        polars = pytest.importorskip("polars")
        frame = polars.DataFrame({**FRAME, "Strand": ["-", None]})
        frame = frame.lazy() if library == "lazy" else frame
    found, table = bed(frame, wanted=["Score"])
    assert found == [("1", 100, 120, "-"), ("2", 7, 9, ".")]
    assert table.cells["Score"] == [0.5, 1.5]


def test_a_frame_of_narrow_peaks_has_summits():
    frame = {
        "chrom": ["chr1"], "start": [100], "end": [200],
        "signalValue": [3.5], "pValue": [-1], "qValue": [-1], "peak": [20],
    }  # fmt: skip
    assert bed(frame)[1].summits
    assert not bed({**frame, "peak": [500]})[1].summits


@pytest.mark.parametrize("strand", [1, -1, "x", "+-"])
def test_a_strand_of_another_kind_is_refused(strand):
    frame = {"chrom": ["a"], "start": [1], "end": [2], "strand": [strand]}
    with pytest.raises(InputError, match=r"row 0 \(from 0\): expected strand"):
        bed(frame)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": [1]}, r"columns of one length.*'start': 1, 'end': 2"),
        ({"start": 1}, "expected a list of values as 'start'. Received: 1"),
        ({"chrom": "chr1"}, "as 'chrom'. Received: 'chr1'"),
        ({"width": [4]}, r"row 1 \(from 0\): expected end > start"),  # is not read
        ({"end": [5, 10**20]}, r"row 1 .*whole numbers.* 10{20}\.$"),
        ({"end": np.array([5, 2**64 - 1], np.uint64)}, "row 1 .*whole numbers"),
        ({"end": [5.0, 1e300]}, "row 1 .*whole numbers"),
    ],
)
def test_columns_that_are_none_of_intervals_are_refused(changes, message):
    frame = {"chrom": ["a", "b"], "start": [1, 9], "end": [5, 9]}
    with pytest.raises(InputError, match=message):
        bed(frame | changes)
