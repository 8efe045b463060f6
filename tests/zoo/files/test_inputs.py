import gzip
import io
import os
import re
import subprocess
import sys

import pysam
import pytest

from zoo.data import Genome, from_fasta, from_intervals, from_table
from zoo.data.fasta import read_fasta
from zoo.data.intervals.reading import read_intervals
from zoo.data.intervals.tables import read_interval_table
from zoo.data.sources.rejected import Rejected
from zoo.data.tables import read_table
from zoo.errors import InputError
from zoo.files.inputs import foreign_format, open_input, source_name
from zoo.interpretation.motifs import read_jaspar


def content(path):
    with open_input(path) as (stream, _):
        return stream.read()


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed.txt"
    plain.write_bytes(b"text")
    packed.write_bytes(gzip.compress(b"text"))
    assert content(plain) == content(packed) == content(str(plain)) == b"text"


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"missing\.fa: no such file"):
        content(tmp_path / "missing.fa")


@pytest.mark.parametrize("read", [content, Genome])
def test_of_a_missing_file_the_folder_is_told_that_it_should_be_in(
    tmp_path, monkeypatch, read
):
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in ("~/missing.fa", tmp_path / "missing.fa"):
        with pytest.raises(InputError, match=re.escape(f"(looked in {tmp_path})")):
            read(path)


def test_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"expected a file\. Received: a folder"):
        content(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied(tmp_path):
    path = tmp_path / "secret.fa"
    path.touch(mode=0o000)
    with pytest.raises(InputError, match=r"secret\.fa: not readable"):
        content(path)


def test_permission_denied_by_the_system(monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"secret\.fa: not readable for this user"):
        content("secret.fa")


@pytest.mark.parametrize("kept", [1, 2, 9, 20, -9, -1])
def test_truncated_gzip(kept, tmp_path):
    path = tmp_path / "cut.fa.gz"
    path.write_bytes(gzip.compress(os.urandom(1000))[:kept])
    with pytest.raises(
        InputError, match=r"cut\.fa\.gz: the gzip data are (cut|damaged)"
    ):
        content(path)


def test_damaged_gzip(tmp_path):
    path = tmp_path / "bad.gz"
    packed = bytearray(gzip.compress(b"ACGT" * 1000))
    packed[-8] ^= 1  # the checksum
    path.write_bytes(packed)
    with pytest.raises(InputError, match=r"bad\.gz: the gzip data are damaged"):
        content(path)


@pytest.fixture
def bgzip(tmp_path):
    """Writes text as two bgzip blocks and their end block; gives the three."""

    def write(text):
        path, blocks = tmp_path / "whole.gz", []
        for part in (text[: len(text) // 2], text[len(text) // 2 :]):
            with pysam.BGZFile(str(path), "wb") as file:
                file.write(part)
            data = path.read_bytes()
            blocks.append(data[:-28])
        return [*blocks, data[-28:]]

    return write


@pytest.mark.parametrize("opened", ["path", "stream", "pipe"])
def test_bgzip_has_its_end_block(tmp_path, bgzip, opened):
    first, second, end = bgzip(b"ACGT" * 100)
    path = tmp_path / "cut.gz"

    def read(data):
        path.write_bytes(data)
        if opened == "path":
            return content(path)
        if opened == "stream":
            stream = io.BytesIO(data)
            stream.name = "cut.gz"
            return content(stream)
        with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as process:
            process.stdout.raw.name = "cut.gz"
            return content(process.stdout)

    assert read(first + second + end) == b"ACGT" * 100
    # As `cat` joins them.
    assert read(first + end + second + end) == b"ACGT" * 100
    for cut in (
        first,
        first + second,
        first + end + second,
        first + second + end[:-1],
        first + second[:-9],
        second[:17],
    ):
        with pytest.raises(InputError, match="bgzip data are cut short"):
            read(cut)


FASTA, BED = b">a y=1\nACGT\n>b y=0\nACGT\n", b"a\t0\t4\nb\t0\t4\n"
TABLE = b"sequence\ty\nACGT\t1\nAAGT\t0\n"
JASPAR = b">M1 x\nA [1 2]\nC [1 2]\nG [1 2]\nT [1 2]\n"


def cut_intervals(fasta):
    return list(read_intervals(fasta, io.BytesIO(BED)))


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (lambda path: list(read_fasta(path)), FASTA),
        (lambda path: from_fasta(path, targets="y"), FASTA),
        (Genome, FASTA),
        (cut_intervals, FASTA),
        (lambda path: read_interval_table(path, rejected=Rejected("error")), BED),
        (lambda path: list(read_table(path, "sequence")), TABLE),
        (lambda path: from_table(path, sequence_column="sequence", targets="y"), TABLE),
        (read_jaspar, JASPAR),
    ],
)
def test_every_reader_wants_the_end_block(tmp_path, bgzip, read, text):
    path = tmp_path / "a.gz"
    first, second, end = bgzip(text)
    path.write_bytes(first + second + end)
    read(path)
    path.write_bytes(first + second)
    with pytest.raises(InputError, match=r"a\.gz: the bgzip data are cut short"):
        read(path)


@pytest.mark.parametrize("targets", [(), "score"])
def test_intervals_want_the_end_block(tmp_path, bgzip, targets):
    (tmp_path / "g.fa").write_bytes(FASTA)
    genome, path = Genome(tmp_path / "g.fa", cache=False), tmp_path / "a.bed.gz"
    first, second, _ = bgzip(b"a\t0\t4\tx\t1\nb\t0\t4\ty\t0\n")
    path.write_bytes(first + second)
    with pytest.raises(InputError, match=r"a\.bed\.gz: the bgzip data are cut short"):
        from_intervals(genome, path, sequence_length=4, targets=targets)


def test_the_callers_stream_stays_open():
    stream = io.BytesIO(b"text")
    assert content(stream) == b"text"
    assert not stream.closed


@pytest.mark.parametrize("stream", [io.StringIO("text"), object(), None, 3])
def test_what_is_no_binary_stream_is_refused(stream):
    with pytest.raises(InputError, match="binary mode"):
        content(stream)


def test_closed_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="closed"):
        content("-")


def test_errors_of_the_body_pass_through():
    with pytest.raises(ZeroDivisionError), open_input(io.BytesIO(b"x")):
        raise ZeroDivisionError


def test_source_names():
    named = io.BytesIO()
    named.name = "reads.fa"
    assert source_name("-") == "standard input"
    assert source_name("a/b.fa") == "a/b.fa"
    assert source_name(named) == "reads.fa"
    assert source_name(io.BytesIO()) == "the given stream"


def test_variants_are_foreign_to_those_who_read_intervals():
    text = io.BytesIO(b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\nchr1\t5\trs1\n")
    with pytest.raises(InputError, match=r"looks like VCF.* zoo\.data\.from_variants"):
        read_interval_table(text, rejected=Rejected("error"))


def test_plain_text_is_not_foreign():
    assert foreign_format(b"chr1\t1\t2") is None
