import gzip
import io
import os
import sys
import tracemalloc

import numpy as np
import pyfaidx
import pytest
from hypothesis import given, settings, strategies as st

import zoo.data.fasta
from zoo.data.fasta import read_fasta
from zoo.dna import decode, encode
from zoo.errors import InputError

NAMES = st.text("abcXYZ019_.|:-", min_size=1, max_size=6)
SEQUENCES = st.text("ACGTNacgtn", min_size=1, max_size=90)
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def files(draw):
    """Records and a FASTA text that holds them, one line width a record."""
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    records = [(name, draw(SEQUENCES)) for name in names]
    end = draw(ENDS)
    lines = []
    for name, sequence in records:
        lines.append(">" + name + draw(st.sampled_from(["", " ", " some text > x"])))
        width = draw(st.integers(1, 100))
        lines += [sequence[i : i + width] for i in range(0, len(sequence), width)]
    text = end.join(lines) + draw(st.sampled_from(["", end]))
    return records, text.encode()


def read(text, **keywords):
    return list(read_fasta(io.BytesIO(text), **keywords))


def pairs(records):
    return [(record.name, decode(record.codes)) for record in records]


def upper(records):
    return [(name, sequence.upper()) for name, sequence in records]


@settings(deadline=None)
@given(files(), st.sampled_from([1, 2, 3, 7, 64, 1 << 18]))
def test_records_come_back_whatever_the_lines_and_blocks(file, block):
    records, text = file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo.data.fasta, "_BLOCK_BYTES", block)
        assert pairs(read(text)) == upper(records)
        assert pairs(read(gzip.compress(text))) == upper(records)


@settings(deadline=None)
@given(files(), st.data())
def test_blank_lines_and_a_byte_order_mark_do_not_matter(file, data):
    records, text = file
    end = b"\r\n" if b"\r\n" in text else b"\n"
    lines = text.split(end)
    for _ in range(data.draw(st.integers(0, 5))):
        lines.insert(data.draw(st.integers(0, len(lines))), b"")
    mark = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    assert pairs(read(mark + end.join(lines))) == upper(records)


@settings(max_examples=40, deadline=None)
@given(file=files())
def test_agrees_with_pyfaidx(tmp_path_factory, file):
    path = tmp_path_factory.mktemp("fasta") / "a.fa"
    path.write_bytes(file[1])
    with pyfaidx.Fasta(path, sequence_always_upper=True, as_raw=True) as oracle:
        expected = [(name, oracle[name][:]) for name in oracle.keys()]  # noqa: SIM118
    assert pairs(read_fasta(path)) == expected


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(NAMES, SEQUENCES),
            st.tuples(NAMES, st.text("ACGRU*-", max_size=8)),
            st.tuples(st.just(""), SEQUENCES),
        ),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([1, 5, 1 << 18]),
)
def test_skipping_leaves_out_exactly_what_is_unfit(records, block):
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in records)
    expected, seen = [], set()
    for name, sequence in records:
        fit = sequence and set(sequence.upper()) <= set("ACGTN") and name
        if fit and name not in seen and len(sequence) <= 40:
            expected.append((name, sequence.upper()))
        seen.add(name)
    errors = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo.data.fasta, "_BLOCK_BYTES", block)
        got = pairs(read(text.encode(), on_invalid=errors.append, max_length=40))
    # A record that was too long and skipped unread has left no name behind.
    long = {name for name, sequence in records if len(sequence) > 40}
    assert [r for r in got if r[0] not in long] == [
        r for r in expected if r[0] not in long
    ]
    assert len(got) + len(errors) == len(records)
    assert all(isinstance(error, InputError) for error in errors)


@settings(deadline=None)
@given(
    st.lists(SEQUENCES, min_size=1, max_size=5),
    st.integers(1, 30),
    ENDS,
    st.data(),
)
def test_an_invalid_character_is_named_with_its_place(sequences, width, end, data):
    which = data.draw(st.integers(0, len(sequences) - 1))
    at = data.draw(st.integers(0, len(sequences[which])))
    bad = sequences[which][:at] + "R" + sequences[which][at:]
    lines, line = [], None
    for index, sequence in enumerate(sequences):
        lines.append(f">r{index}")
        if index == which:
            sequence = bad
            line = len(lines) + at // width + 1
        lines += [sequence[i : i + width] for i in range(0, len(sequence), width)]
    text = io.BytesIO(end.join(lines).encode())
    text.name = "peaks.fa"
    block = data.draw(st.sampled_from([1, 16, 1 << 18]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo.data.fasta, "_BLOCK_BYTES", block)
        with pytest.raises(InputError) as error:
            list(read_fasta(text))
    message = str(error.value)
    assert message.startswith(f"peaks.fa, line {line}: record 'r{which}': ")
    assert f"Received 'R' at position {at + 1} (1-based)" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b" \n\r\n\n", "is empty"),
        (b"\n\nACGT\n", r"line 3: not FASTA: .*Received: b'ACGT"),
        (b"@read\nACGT\n+\n####\n", "looks like FASTQ"),
        (b"BZh91AY", "looks like bzip2"),
        (b"\xfd7zXZ\x00", "looks like xz"),
        (b"PK\x03\x04", "zip archive"),
        (b"\x00\x01\x02\x03", "looks like binary data"),
        (b"\xff\xfe>\x00a\x00", "UTF-16"),
        (b"name\tsequence\n", "not FASTA"),
        (b">a\rACGT\r>b\rAC\r", "line ends are CR alone"),
        (b">a\n>b\nACGT\n", r"line 1: record 'a' is empty"),
        (b">b\nACGT\n>a\n", r"line 3: record 'a' is empty"),
        (b">b\nACGT\n>a", r"line 3: record 'a' is empty"),
        (b">b\nACGT\n>\nACGT\n", r"line 3: record '': expected a name"),
        (b">a\nA\n>b\nC\n>a x\nG\n", r"line 5: record 'a': an earlier record"),
        (b">a\nAC GT\n", r"line 2: record 'a': .*position 3 .*white space"),
        (b">a\nACU\n", r"position 3 .*RNA"),
        (b">a\nAC\xffT\n", r"position 3 "),
        (b">a\nAC\x00T\n", r"position 3 "),
    ],
)
def test_what_is_unfit_is_refused(text, message):
    with pytest.raises(InputError, match=f"given stream.*{message}"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [b"", b"ACGT", b"\x00", b">a\rACGT\r", gzip.compress(b">a\nACGT\n", mtime=0)[:-9]],
)
def test_faults_of_the_whole_file_are_not_skipped(text):
    with pytest.raises(InputError):
        read(text, on_invalid=lambda error: None)


def test_a_duplicate_in_a_later_block_is_found(monkeypatch):
    monkeypatch.setattr(zoo.data.fasta, "_BLOCK_BYTES", 16)
    text = b"".join(b">r%d\nACGT\n" % i for i in range(500)) + b">r3\nAC\n"
    with pytest.raises(InputError, match=r"line 1001: record 'r3': an earlier"):
        read(text)


class Endless(io.RawIOBase):
    """A record that goes on for ever, and says how much of it was read."""

    def __init__(self):
        self.bytes_read = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        chunk = (b"ACGT" * 20 + b"\n") * (len(buffer) // 81 + 1)
        if self.bytes_read == 0:
            chunk = b">chr1 endless\n" + chunk
        buffer[:] = chunk[: len(buffer)]
        self.bytes_read += len(buffer)
        return len(buffer)


def test_a_chromosome_is_refused_without_reading_it_all():
    stream = Endless()
    with pytest.raises(InputError, match=r"'chr1' is longer than 1,000,000 bp.*--bed"):
        list(read_fasta(stream))
    assert stream.bytes_read < 2_000_000


def test_an_endless_header_is_refused():
    stream = io.BytesIO(b">" + b"x" * 3_000_000)
    with pytest.raises(InputError, match="a header of more than"):
        list(read_fasta(stream))
    assert stream.tell() < 3_000_000


def test_a_long_record_is_skipped():
    parts = [b">a\nACGT\n>long\n", b"ACGT\n" * 2_000_000, b">b\nGG\n>c\n\nT"]
    errors = []
    records = list(read_fasta(io.BytesIO(b"".join(parts)), on_invalid=errors.append))
    assert pairs(records) == [("a", "ACGT"), ("b", "GG"), ("c", "T")]
    assert [str(error).split(" is ")[0] for error in errors] == [
        "the given stream, line 3: record 'long'"
    ]


def test_memory_does_not_grow_with_the_file():
    parts = (b">r%d\n" % i + b"ACGT" * 250 + b"\n" for i in range(20_000))
    stream = io.BytesIO(b"".join(parts))
    tracemalloc.start()
    try:
        bases = sum(record.codes.size for record in read_fasta(stream))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert bases == 20_000_000
    assert peak < 5_000_000


def test_the_longest_record_is_read():
    text = b">a\n" + b"ACGT\r\n" * 250_000 + b">b\nA\n"
    first, second = read(text)
    assert (first.codes.size, second.codes.size) == (1_000_000, 1)
    with pytest.raises(InputError, match="'a' is longer than"):
        read(text[:-5] + b"C\n>b\nA\n")


def test_lines_are_counted_past_long_records():
    errors = []
    text = b">long\n" + b"ACGT\n" * 400_000 + b">b\nAC\nRR\n"
    assert read(text, on_invalid=errors.append) == []
    assert "line 400004: record 'b'" in str(errors[1])


def test_records_are_read_only_and_know_their_source(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(">x\nACGT\n")
    (record,) = read_fasta(path)
    assert record.source == str(path)
    assert record.interval is None
    assert not record.codes.flags.writeable
    assert record.codes.dtype == np.uint8


def test_standard_input(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b">a\nAC\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert pairs(read_fasta("-")) == [("a", "AC")]
    assert not stdin.closed


def test_a_pipe_that_gives_a_byte_at_a_time():
    compressed = gzip.compress(b">a\nACGT\n")
    reader, writer = os.pipe()
    os.write(writer, compressed)
    os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as stream:
        assert pairs(read_fasta(stream)) == [("a", "ACGT")]


def test_bgzip_is_many_gzip_members():
    blocks = [b">a\nAC", b"GT\n>b\n", b"TT\n", b""]
    text = b"".join(map(gzip.compress, blocks))
    assert pairs(read(text)) == [("a", "ACGT"), ("b", "TT")]


def test_names_that_are_not_utf8_are_kept_readable():
    (record,) = read(b">caf\xe9\nACGT\n")
    assert record.name == "caf�"


def test_codes_match_encode():
    (record,) = read(b">a\nACGTNacgtn\n")
    np.testing.assert_array_equal(record.codes, encode("ACGTNacgtn"))
