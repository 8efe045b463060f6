import gzip
import io
import os
import random

import numpy as np
import pyfaidx
import pytest

from tests.made import write_fasta
from zoo.data import Genome
from zoo.data.intervals.reading import read_intervals
from zoo.dna import decode
from zoo.errors import InputError

BOTH = pytest.mark.parametrize("cache", [True, False])


def read(path, reader, chrom, start, end):
    """Bases of an interval, by each way to get them."""
    if reader == "intervals":
        bed = io.BytesIO(f"{chrom}\t{start}\t{end}\n".encode())
        (record,) = read_intervals(path, bed)
        return decode(record.codes)
    return decode(Genome(path, cache=reader == "cache").codes(chrom, start, end))


READERS = pytest.mark.parametrize("reader", ["cache", "text", "intervals"])


@pytest.fixture
def fasta(tmp_path):
    return write_fasta(
        tmp_path / "a.fa", {"c1": "ACGTACGTAC", "c2": "GGGGGTTTTT"}, width=4
    )


@READERS
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"ACGT\n", "not FASTA"),
        (b"\x43\x27\x41\x1a\x00", "2bit"),
        (b">a\rACGT\r", "line 1: .*line ends are CR alone"),
        (b">a\nACGT\n>b\nT\n>a 2\nACGT\n", "line 5: .*'a'; the first is on line 1"),
        (b">a\nACGTA\nAC\nACGT\n", "line 3: expected lines of equal length"),
        (b">a\nACGTA\nACGTACG\n", "line 3: expected lines of equal length"),
        (b">A\nAAAAACCCCC\nGGGGGTTTTTACGTACGTTT\n", "line 3: .*10 bases .*20 bytes"),
        (b">A\nAAAAA\nGGGGGTTTTTACGTACGTTT", "line 3: .*Received 20 bytes"),
        # The bytes are as many as they should be.
        (b">a\nACGT\nACGTA\nACG\nAC\n", "line 3: .*6 bytes"),
        (b">a\nACGT\nA\nGT\nACGT\nAC\n", "line 3: .*2 bytes"),
        (b">a\r\nACGTA\r\nAC\r\nACGT\r\n", "line 3: expected lines"),
        (b">a\r\nACGTA\r\nA\rGTA\r\nACGT\r\n", "line 3: expected lines"),
        (b">a\nACGTA\r\nACGTA\nACGTA\n", "line 3: expected lines"),
        (b">a\nACGT\n\nACGT\n", "line 3: expected lines"),
        (b">a\nACGT\n> \nACGT\n", "line 3: expected a name"),
        (b">g\xe8ne 1\nACGT\n", r"line 1: .*not UTF-8.*0xe8.*iconv"),
        (
            gzip.compress(b">a\n" + random.Random(0).randbytes(500), mtime=0)[:200],
            "gzip data are cut short",
        ),
    ],
)
def test_an_unfit_fasta_is_refused(tmp_path, reader, content, message):
    path = tmp_path / "a.fa"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.fa.*{message}"):
        read(path, reader, "a", 0, 1)


@READERS
@pytest.mark.parametrize(
    "content",
    [
        b">A\nACGT\nTT",
        b"\xef\xbb\xbf\n\n>A\nACGT\nTT\n",
        b">A\n\n\nACGT\nTT\n\n\n>B\nA",
        b">A x>y >z\r\nACGT\r\nTT\r\n\r\n>B\r\n\r\n\r\n",
        b">A\tg\xe8ne\nACGTTT\n>B\n\n\n",
        b">B\n\n>A\nACGTTT\r\n>C",
    ],
)
def test_blank_lines_and_last_lines(tmp_path, reader, content):
    path = tmp_path / "a.fa"
    path.write_bytes(content)
    assert read(path, reader, "A", 0, 6) == "ACGTTT"
    assert [read(path, reader, "A", at, at + 2) for at in range(5)] == [
        "AC", "CG", "GT", "TT", "TT"
    ]  # fmt: skip


@BOTH
@pytest.mark.parametrize(
    ("letters", "message"),
    [
        ("ACGTRA", r"'R' at position 1,005 .*IUPAC.*ambiguous=\"unknown\""),
        ("ACGTrA", r"'r' at position 1,005 "),
        ("ACGUAA", r"'U' at position 1,004 .*RNA"),
        ("AC-TAA", r"'-' at position 1,003 .*gaps"),
        ("AC TAA", r"' ' at position 1,003 .*white space"),
        ("AC\0TAA", r"'\\x00' at position 1,003"),
        ("AC5TAA", r"'5' at position 1,003"),
    ],
)
def test_a_letter_that_is_no_base_is_named(tmp_path, cache, letters, message):
    path = write_fasta(tmp_path / "a.fa", {"b": "ACGT", "c": "A" * 1_000 + letters})
    with pytest.raises(InputError, match=rf"a\.fa: c: .*{message}"):
        Genome(path, cache=cache).codes("c", 900, 1_006)


@BOTH
def test_iupac_letters_are_n_when_asked(tmp_path, cache):
    path = write_fasta(tmp_path / "a.fa", {"c": "ARYSWKMBDHVA", "d": "aryswkmbdhva"})
    genome = Genome(path, cache=cache, ambiguous="unknown")
    expected = [0, *[4] * 10, 0]
    assert genome.codes("c", 0, 12).tolist() == expected
    assert genome.codes("d", 0, 12).tolist() == expected
    # The same cache file: who did not ask is told all the same.
    first = "of 20" if cache else "1-based"
    with pytest.raises(InputError, match=rf"'R' at position 2 .*{first}"):
        Genome(path, cache=cache).codes("c", 0, 12)


@BOTH
def test_a_letter_that_is_no_base_is_an_error_when_iupac_is_not(tmp_path, cache):
    path = write_fasta(tmp_path / "a.fa", {"c": "ARYAXA"})
    with pytest.raises(InputError, match="'X' at position 5 "):
        Genome(path, cache=cache, ambiguous="unknown").codes("c", 0, 6)


@READERS
@pytest.mark.parametrize(
    "index",
    [
        "junk\n",
        "c1\t10\t4\nc2\t9\t21\t4\t5\n",
        "c1\t10\t16\t4\t5\n",
        "c1\t10\t16\t4\t5\nother\t10\t46\t4\t5\n",
        "c1\t10\t4\t4\t5\nc1\t10\t21\t4\t5\n",
        "c1\t5000\t16\t4\t5\nc2\t10\t46\t4\t5\n",
        b"c1\t10\t16\t4\t5\nc\xe8\t10\t46\t4\t5\n",
    ],
)
def test_an_index_of_another_file_is_refused(fasta, reader, index):
    fai = fasta.with_name("a.fa.fai")
    fai.write_bytes(index if isinstance(index, bytes) else index.encode())
    with pytest.raises(InputError, match=r"a\.fa\.fai does not fit.*names or lengths"):
        read(fasta, reader, "c1", 0, 4)
    # An index that is older than the file is that of an earlier one.
    os.utime(fai, (1, 1))
    assert read(fasta, reader, "c1", 2, 7) == "GTACG"


@READERS
def test_an_index_never_says_where_bases_lie(tmp_path, reader):
    """Of the same names and lengths, with other headers and lines."""
    path = tmp_path / "a.fa"
    path.write_text(">chr1 ver2\nACGTTGCAAC\nGGTT\n>c2\nTTTTTGGGGG\n")
    pyfaidx.Faidx(str(path)).close()
    path.write_text(">chr1\nACGTTGCA\nACGGTT\n>c2\nTTTTT\nGGGGG\n")
    fai = path.with_name("a.fa.fai")
    for moment in (1_000, path.stat().st_mtime, 2_000_000_000):
        os.utime(fai, (moment, moment))
        assert read(path, reader, "chr1", 0, 8) == "ACGTTGCA"
        assert read(path, reader, "chr1", 6, 12) == "CAACGG"
        assert read(path, reader, "c2", 3, 7) == "TTGG"


@READERS
def test_a_fasta_cut_short_under_its_index_is_refused(fasta, reader):
    pyfaidx.Faidx(str(fasta)).close()
    index = fasta.with_name("a.fa.fai")
    assert read(fasta, reader, "c2", 3, 7) == "GGTT"
    fasta.write_bytes(fasta.read_bytes()[:-5])
    os.utime(index)
    with pytest.raises(InputError, match=r"does not fit the file.*cut short"):
        read(fasta, reader, "c2", 3, 7)


@BOTH
def test_nothing_is_written_beside_the_file(fasta, cache):
    Genome(fasta, cache=cache)
    assert list(fasta.parent.iterdir()) == [fasta]


@BOTH
def test_contigs_without_letters(tmp_path, cache):
    path = tmp_path / "a.fa"
    path.write_bytes(b">a\n>b\nACG\n>c\n")
    genome = Genome(path, cache=cache)
    assert genome.contigs == {"a": 0, "b": 3, "c": 0}
    assert genome.codes("b", 0, 3).tolist() == [0, 1, 2]
    padded = genome.gather(np.array([0, 1, 2]), np.zeros(3, int), 4, beyond="pad")
    assert padded.tolist() == [[4] * 4, [0, 1, 2, 4], [4] * 4]
    with pytest.raises(InputError, match="a has 0 bp"):
        genome.codes("a", 0, 1)


@BOTH
def test_files_that_are_not_there(tmp_path, cache):
    with pytest.raises(InputError, match=r"no\.fa: no such file"):
        Genome(tmp_path / "no.fa", cache=cache)
    with pytest.raises(InputError, match="Received: a folder"):
        Genome(tmp_path, cache=cache)
    with pytest.raises(InputError, match="cannot be read at random"):
        Genome("-", cache=cache)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="cannot be read at random"):
        Genome(tmp_path / "pipe", cache=cache)
