import gzip
import os
import random

import numpy as np
import pytest

from tests.zoo.data.genome_files import write_fasta
from zoo.data import Genome
from zoo.errors import InputError

BOTH = pytest.mark.parametrize("cache", [True, False])


@pytest.fixture
def fasta(tmp_path):
    return write_fasta(
        tmp_path / "a.fa", {"c1": "ACGTACGTAC", "c2": "GGGGGTTTTT"}, width=4
    )


@BOTH
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"ACGT\n", "not FASTA"),
        (b"\x43\x27\x41\x1a\x00", "2bit"),
        (b">a\nACGT\n>a\nACGT\n", "Duplicate"),
        (b">a\nACGTA\nAC\nACGT\n", "not consistent.*line 3"),
        (b">a\r\nACGTA\r\nAC\r\nACGT\r\n", "not consistent"),
        (b">a\nACGTA\r\nACGTA\nACGTA\n", "not consistent"),
        (b">a\nACGT\n\nACGT\n", "not consistent"),
        (b">\nACGT\n", "Bad sequence name"),
        (b">g\xe8ne 1\nACGT\n", r"line 1: .*not UTF-8.*0xe8 at column 3.*iconv"),
        (b">a\nACGT\n>b\nAC\x92T\n", r"line 4: .*not UTF-8.*0x92 at column 3"),
        (
            gzip.compress(b">a\n" + random.Random(0).randbytes(500), mtime=0)[:200],
            "gzip data are cut short",
        ),
    ],
)
def test_an_unfit_fasta_is_refused(tmp_path, cache, content, message):
    path = tmp_path / "a.fa"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.fa.*{message}"):
        Genome(path, cache=cache)


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


@BOTH
@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("junk\n", r"cannot read its index .*a\.fa\.fai"),
        ("c1\t10\t4\n", "cannot read its index"),
        ("c1\t10\t4\t4\t5\nc1\t10\t21\t4\t5\n", "Duplicate"),
        ("c1\t5000\t16\t4\t5\n", "does not fit the file"),
        ("c1\t10\t9999\t4\t5\n", "does not fit the file"),
        ("c1\t8\t16\t4\t5\n", "does not fit the file"),
        ("c1\t14\t16\t6\t7\n", "does not fit the file"),
        ("c1\t10\t15\t4\t5\n", "does not fit the file"),
        ("c1\t-3\t16\t4\t5\n", "does not fit the file"),
    ],
)
def test_an_index_of_another_file_is_refused(fasta, cache, index, message):
    fasta.with_name("a.fa.fai").write_text(index)
    with pytest.raises(InputError, match=message):
        Genome(fasta, cache=cache)


@BOTH
def test_a_fasta_cut_short_under_its_index_is_refused(fasta, cache):
    import pyfaidx

    pyfaidx.Faidx(str(fasta)).close()
    index = fasta.with_name("a.fa.fai")
    fasta.write_bytes(fasta.read_bytes()[:-5])
    os.utime(index)
    with pytest.raises(InputError, match=r"does not fit the file.*cut short"):
        Genome(fasta, cache=cache)


@BOTH
def test_an_index_that_is_older_is_not_used(fasta, cache):
    index = fasta.with_name("a.fa.fai")
    index.write_text("c1\t5000\t16\t4\t5\n")
    os.utime(index, (1, 1))
    assert Genome(fasta, cache=cache).contigs == {"c1": 10, "c2": 10}
    assert index.read_text() == "c1\t5000\t16\t4\t5\n"


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
