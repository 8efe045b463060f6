import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.data.bed import read_bed
from zoo.data.record import Interval
from zoo.errors import InputError

WORDS = st.text("abcXYZ019_-:", min_size=1, max_size=6)


def bed(text, **keywords):
    stream = io.BytesIO(text)
    stream.name = "peaks.bed"
    return list(read_bed(stream, **keywords))


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
    for chrom, start, size, name, strand in rows:
        chrom = "c" + chrom
        cells = [chrom, start, start + size, name, 0, strand, 1, 2, 3][:columns]
        lines.append(delimiter.join(map(str, cells)))
        interval = Interval(chrom, start, start + size, strand if columns > 5 else ".")
        named = columns > 3 and name != "."
        where = f"peaks.bed, line {len(lines)}"
        expected.append((interval, name if named else str(interval), where))
    text = end.join(lines).encode()
    assert bed(text) == expected
    assert bed(b"\xef\xbb\xbf" + text + end.encode()) == expected
    assert bed(gzip.compress(text)) == expected


BAD_LINES = [
    (b"chr1", r"expected chrom, start and end.*Received 1 column: 'chr1'"),
    (b"chr1\t5", "Received 2 columns"),
    (b"chrom\tstart\tend", r"expected whole numbers.*Received: 'start'"),
    (b"chr1\t1_0\t20", "Received: '1_0'"),
    (b"chr1\t1.5\t20", "Received: '1.5'"),
    (b"chr1\t+1\t20", r"Received: '\+1'"),
    (b"chr1\t-1\t20", "expected start >= 0.*Received: -1"),
    (b"chr1\t5\t5", "expected end > start.*start 5, end 5"),
    (b"chr1\t5\t4", "expected end > start.*start 5, end 4"),
    (b"chr1\t5\t9\tx\t0\t1", r"expected strand \+, - or \..*Received: '1'"),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_bad_line_is_named(line, message):
    text = b"# one\nchr1\t1\t2\n" + line + b"\n"
    with pytest.raises(InputError, match=f"^peaks.bed, line 3: .*{message}"):
        bed(text)


def test_bad_lines_are_skipped_one_by_one():
    errors = []
    lines = [line for line, _ in BAD_LINES]
    text = b"\n".join([b"chr1\t1\t2", *lines, b"chr2\t3\t4"])
    found = bed(text, on_invalid=errors.append)
    assert [str(interval) for interval, _, _ in found] == ["chr1:1-2", "chr2:3-4"]
    assert len(errors) == len(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "holds no interval"),
        (b"# only\ntrack\n\n", "holds no interval"),
        (b"\x00\x01\x02", "not BED.*binary data"),
        (b"caf\xe9\t1\t2\n", "line 1: not BED"),
        (b"x" * 2_000_000, "line 1: not BED"),
    ],
)
def test_what_is_no_bed_is_refused(text, message):
    with pytest.raises(InputError, match=f"^peaks.bed.*{message}"):
        bed(text, on_invalid=lambda error: None)
