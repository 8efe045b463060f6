import gzip
import os
import stat
import tempfile

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.made import stream, write_fasta
from zoo.data.intervals.reading import read_intervals
from zoo.dna import decode, reverse_complement
from zoo.errors import InputError


def bed(*rows):
    lines = ("\t".join(map(str, row)) + "\n" for row in rows)
    return stream("".join(lines), "peaks.bed")


def texts(records):
    return [decode(record.codes) for record in records]


@pytest.fixture
def fasta(tmp_path):
    return write_fasta(
        tmp_path / "genome.fa",
        {"chr1": "ACGTNacgtnAACCGGTT", "chr2": "TTTTT", "MT": "GGG"},
        width=7,
    )


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_intervals_are_slices_of_the_strand(tmp_path_factory, data):
    names = data.draw(
        st.lists(st.text("abc12", min_size=1, max_size=4), min_size=1, unique=True)
    )
    sequences = {
        name: data.draw(st.text("ACGTNacgtn", min_size=1, max_size=70))
        for name in names
    }
    path = write_fasta(
        tmp_path_factory.mktemp("fasta") / "a.fa",
        sequences,
        width=data.draw(st.integers(1, 80)),
        end=data.draw(st.sampled_from(["\n", "\r\n"])),
    )
    rows, expected = [], []
    for _ in range(data.draw(st.integers(1, 8))):
        name = data.draw(st.sampled_from(names))
        start = data.draw(st.integers(0, len(sequences[name]) - 1))
        stop = data.draw(st.integers(start + 1, len(sequences[name])))
        strand = data.draw(st.sampled_from("+-."))
        rows.append((name, start, stop, "x", 0, strand))
        text = sequences[name][start:stop].upper()
        expected.append(reverse_complement(text) if strand == "-" else text)
    records = list(read_intervals(path, bed(*rows)))
    assert texts(records) == expected
    for record, (chrom, start, stop, name, _, strand) in zip(
        records, rows, strict=True
    ):
        where = record.interval
        assert (where.chrom, where.start, where.end) == (chrom, start, stop)
        assert (where.strand, record.name) == (strand, name)
        assert not record.codes.flags.writeable


@pytest.mark.parametrize("compress", ["gzip", "bgzip"])
def test_a_compressed_fasta_needs_no_biopython(fasta, compress, tmp_path):
    text = fasta.read_bytes()
    parts = [text] if compress == "gzip" else [text[:9], text[9:20], text[20:], b""]
    packed = tmp_path / "packed.fa.gz"
    packed.write_bytes(b"".join(map(gzip.compress, parts)))
    rows = [("chr1", 3, 12), ("chr2", 0, 5)]
    plain = texts(read_intervals(fasta, bed(*rows)))
    assert texts(read_intervals(packed, bed(*rows))) == plain
    assert plain == ["TNACGTNAA", "TTTTT"]


def test_a_plain_fasta_may_be_called_gz(fasta):
    named = fasta.rename(fasta.with_name("genome.fa.gz"))
    assert texts(read_intervals(named, bed(("chr2", 0, 2)))) == ["TT"]


def test_nothing_is_written_beside_the_file(fasta, monkeypatch, tmp_path_factory):
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    fasta.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        before = sorted(fasta.parent.iterdir())
        assert texts(read_intervals(fasta, bed(("chr2", 0, 2)))) == ["TT"]
        assert sorted(fasta.parent.iterdir()) == before
    finally:
        fasta.parent.chmod(stat.S_IRWXU)
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("1", 0, 3), r"no sequence '1' in .*genome\.fa.*Did you mean 'chr1'\?"),
        (("chrMT", 0, 3), r"Did you mean 'MT'\?"),
        (("chrM", 0, 3), r"Did you mean 'MT'\?"),
        (("Chr1", 0, 3), r"Did you mean 'chr1'"),
        (("scaffold_9", 0, 3), r"It has: chr1, chr2, MT\."),
        (("chr1", 0, 19), r"chr1, which has 18 bp .*Received: end 19\..*assembly"),
        (("chr1", -1, 3), "expected start >= 0"),
        (("chr1", 3, 3), "expected end > start"),
    ],
)
def test_a_bad_interval_is_named_by_its_line(fasta, row, message):
    rows = [("chr1", 0, 3), row, ("chr2", 0, 1)]
    with pytest.raises(InputError, match=f"^peaks.bed, line 2: .*{message}"):
        list(read_intervals(fasta, bed(*rows)))
    errors = []
    records = read_intervals(fasta, bed(*rows), on_invalid=errors.append)
    assert texts(records) == ["ACG", "T"]
    assert len(errors) == 1


def test_an_interval_that_is_too_long(fasta):
    with pytest.raises(InputError, match="longer than 10 bp"):
        list(read_intervals(fasta, bed(("chr1", 0, 11)), max_length=10))


def test_an_invalid_character_is_named(tmp_path):
    path = write_fasta(tmp_path / "a.fa", {"c": "ACGTRA"})
    with pytest.raises(
        InputError, match=r"line 1: interval c:3-6 of .*a\.fa: .*'R' at position 2 "
    ):
        list(read_intervals(path, bed(("c", 3, 6))))


def test_a_fasta_that_changes_while_it_is_read(fasta):
    records = read_intervals(fasta, bed(("chr1", 0, 3), ("chr1", 0, 3)))
    assert decode(next(records).codes) == "ACG"
    os.utime(fasta, (1, 1))
    with pytest.raises(InputError, match=r"genome\.fa: changed while it was read"):
        next(records)


def test_files_that_are_not_there(fasta, tmp_path):
    with pytest.raises(InputError, match=r"no\.fa: no such file"):
        list(read_intervals(tmp_path / "no.fa", bed(("a", 0, 1))))
    with pytest.raises(InputError, match=r"no\.bed: no such file"):
        list(read_intervals(fasta, tmp_path / "no.bed"))
    with pytest.raises(InputError, match="Received: a folder"):
        list(read_intervals(tmp_path, bed(("a", 0, 1))))


def test_a_fasta_from_a_pipe_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read at random"):
        list(read_intervals("-", bed(("a", 0, 1))))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="cannot be read at random"):
        list(read_intervals(tmp_path / "pipe", bed(("a", 0, 1))))


def test_codes_are_uint8(fasta):
    (record,) = read_intervals(fasta, bed(("chr1", 0, 5)))
    assert record.codes.dtype == np.uint8
    assert record.name == "chr1:0-5"


def test_windows_around_summits_need_summits(fasta):
    with pytest.raises(InputError, match="no column 'peak'"):
        list(read_intervals(fasta, bed(("chr1", 0, 5)), window=3, centre="summit"))
    # Whole numbers alone are no sign of narrowPeak, until one asks for its summits.
    row = ("chr1", 0, 9, "p", 0, ".", 5, 1, 1, 6)
    for centre, expected in ((None, "TNA"), ("summit", "ACG")):
        (record,) = read_intervals(fasta, bed(row), window=3, centre=centre)
        assert decode(record.codes) == expected
