"""Counts of cuts against a loop over the reads."""

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.made import write_fasta
from tests.zoo.data.reads.made_reads import (
    CONTIGS,
    DNASE,
    TN5,
    Read,
    biased,
    random_reads,
    write_bam,
    write_fragments,
    write_genome,
    write_tag_align,
)
from zoo.data import Genome, cut_sites
from zoo.data.reads import ends, text
from zoo.errors import InputError
from zoo.files.output import OutputError

pyBigWig = pytest.importorskip("pyBigWig")

TARGETS = {"atac": (4, -4), "dnase": (0, 1), "chip": (0, 0)}


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    return Genome(write_genome(tmp_path_factory.mktemp("genome") / "g.fa"), cache=False)


def by_hand(reads, assay="atac", moved=(0, 0), strands=(False, True)):
    """Cuts by base, after the 5' ends of bedtools genomecov -5."""
    found: Counter = Counter()
    for read in reads:
        if read.minus not in strands:
            continue
        plus, minus = (t - m for t, m in zip(TARGETS[assay], moved, strict=True))
        at = read.end + minus - 1 if read.minus else read.start + plus
        if 0 <= at < CONTIGS[read.chrom]:
            found[read.chrom, at] += 1
    return dict(found)


def content(path):
    with pyBigWig.open(str(path)) as file:
        assert file.chroms() == CONTIGS
        return {
            (name, start): value
            for name in CONTIGS
            for start, end, value in file.intervals(name) or ()
            if end == start + 1
        }


@pytest.mark.parametrize("assay", TARGETS)
@pytest.mark.parametrize("write", [write_bam, write_tag_align])
def test_ends_of_reads_are_counted_as_by_a_loop(tmp_path, genome, write, assay):
    reads = random_reads(600)
    path, out = write(tmp_path / "reads", reads), tmp_path / "x.bw"
    found = cut_sites(path, genome, out, assay=assay, plus_shift=0, minus_shift=0)
    expected = by_hand(reads, assay)
    assert content(out) == expected
    assert found.cuts == sum(expected.values()) and found.bases == len(expected)
    assert found.files[0].ends == 600 and found.paths == (out,)
    assert sorted(tmp_path.iterdir()) == sorted([path, out])  # nothing else is left


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 60),
    seed=st.integers(0, 99),
    run=st.sampled_from([1, 7, 1000]),
    bases=st.sampled_from([13, 100, 5000]),
    block=st.sampled_from([1, 50, 4096]),
    sparse=st.sampled_from([0, 16, 10**6]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_parts_of_any_size_give_the_same(
    tmp_path_factory, genome, count, seed, run, bases, block, sparse, newline
):
    """Both ends of fragments; runs on disk, stretches and blocks of text small."""
    folder = tmp_path_factory.mktemp("parts")
    reads = random_reads(count, seed)
    path = write_fragments(folder / "f.tsv", reads)
    path.write_text(path.read_text().replace("\n", newline).rstrip(), newline="")
    both = [r._replace(minus=minus) for r in reads for minus in (False, True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ends, "_ENDS_A_RUN", run)
        patch.setattr(ends, "_BASES_AT_ONCE", bases)
        patch.setattr(ends, "_SPARSE", sparse)
        patch.setattr(text, "_BLOCK_BYTES", block)
        if block < 50:  # no line is that short
            patch.setattr(text, "_BLOCK_BYTES", 64)
        found = cut_sites(path, genome, folder / "x.bw")
    assert found.files[0].shift == (4, -5) and found.files[0].shift_from == "form"
    assert content(folder / "x.bw") == by_hand(both, moved=(4, -5))


def test_strands_and_several_files(tmp_path, genome):
    one, two = random_reads(50, 1), random_reads(70, 2)
    paths = [write_bam(tmp_path / "a.bam", one), write_tag_align(tmp_path / "b", two)]
    found = cut_sites(
        paths, str(genome.path), tmp_path / "x.bw", assay="chip", stranded=True
    )
    assert [path.name for path in found.paths] == ["x.plus.bw", "x.minus.bw"]
    for path, minus in zip(found.paths, (False, True), strict=True):
        assert content(path) == by_hand(one + two, "chip", strands=(minus,))
    assert [file.ends for file in found.files] == [50, 70]
    assert found.cuts == 120


def test_reads_that_say_nothing_are_left_out(tmp_path, genome):
    good = random_reads(30)
    flags = [0x4, 0x100, 0x800, 0x200, 0x400]
    bad = [r._replace(flag=f) for r, f in zip(good, flags, strict=False)]
    poor = [good[0]._replace(quality=9)]
    pairs = [r._replace(flag=3) for r in good]
    path = write_bam(tmp_path / "a.bam", bad + poor + pairs)
    arguments = {"plus_shift": 0, "minus_shift": 0, "min_mapping_quality": 10}
    found = cut_sites(path, genome, tmp_path / "x.bw", **arguments)
    assert content(tmp_path / "x.bw") == by_hand(good)
    assert found.files[0].left_out == {
        "unmapped": 1,
        "secondary alignment": 1,
        "supplementary alignment": 1,
        "failed quality checks": 1,
        "duplicate": 1,
        "mapping quality": 1,
    }
    path = write_bam(tmp_path / "b.bam", good[:7] + pairs)
    found = cut_sites(path, genome, tmp_path / "x.bw", proper_pairs=True, **arguments)
    assert found.files[0].left_out == {"not in a proper pair": 7}
    assert content(tmp_path / "x.bw") == by_hand(good)


@pytest.mark.parametrize(
    ("assay", "shares", "moved"),
    [("atac", TN5, m) for m in [(0, 0), (4, -4), (4, -5), (3, -6), (5, -4)]]
    + [("dnase", DNASE, m) for m in [(0, 0), (0, 1)]],
)
def test_what_was_moved_is_seen_by_the_bases_around(tmp_path, assay, shares, moved):
    """As ChromBPNet sees it by its table of motifs, which these reads were drawn by."""
    bases, reads = biased(shares, assay, 2_000, moved)
    genome = write_fasta(tmp_path / "g.fa", {"c": bases})
    path = write_tag_align(tmp_path / "reads.bed", reads)
    found = cut_sites(path, genome, tmp_path / "x.bw", assay=assay)
    assert found.files[0].shift == moved and found.files[0].shift_from == "bases"
    with pyBigWig.open(str(tmp_path / "x.bw")) as file:
        starts = [start for start, _, _ in file.intervals("c")]
    assert np.array_equal(starts, 60 * np.arange(1, 2_001) + 10)


def test_what_no_pipeline_does_is_refused(tmp_path):
    bases, reads = biased(TN5, "atac", 2_000, (1, 0))
    genome = write_fasta(tmp_path / "g.fa", {"c": bases})
    path = write_tag_align(tmp_path / "reads.bed", reads)
    with pytest.raises(InputError, match=r"reads.bed: .*moved.*\+1/\+0.*plus_shift="):
        cut_sites(path, genome, tmp_path / "x.bw")


READ = Read("chr1", 10, 40, False)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "no such line"),
        ("# a comment\n", "no such line"),
        ("chr1 5 30\n", "line 1: expected chrom, start and end, divided by tabs"),
        ("chr1\t5\t30\nchr1\t5\n", "line 2: expected a whole number in column 3"),
        ("chr1\t5\t30\n#\n\nchr1\tx\t9\n", "line 4: expected a whole number in col.*2"),
        ("chr1\t-5\t30\n", "line 1: expected a whole number in column 2"),
        ("chr1\t30\t5\n", "line 1: expected an end behind the start"),
        (
            "chr1\t5\t30\t.\t1\t+\nchr1\t5\t30\t.\t1\t.\n",
            '2: expected the str.*"-"',
        ),
        ("chr1\t5\t30\t.\t1\t+\nchr1\t5\t30\n", "line 2: expected a strand"),
        ("chr1\t5\t30\tchr1\t50\t80\n", "line 1: .*BEDPE"),
        ("chr1\t5\t901\n", "ends at chr1:901, where chr1 has 900 bp"),
        ("1\t5\t30\n", "2 ends, but no sequence '1'.*Did you mean 'chr1'"),
        ("chr1\t5\t12345678901\n", "line 1: expected a whole number in column 3"),
        ("chr1\t5\t30\t.\t1\t+\n", "tell whether they were moved.*plus_shift=0"),
        ("CRAM\x03", "CRAM. Write a BAM"),
        ("@r1\nACGT\n+\nIIII\n", "FASTQ or SAM"),
    ],
)
def test_text_that_is_none_is_refused(tmp_path, genome, lines, said):
    path = tmp_path / "f.tsv"
    path.write_text(lines)
    with pytest.raises(InputError, match=f"f.tsv.*{said}"):
        cut_sites(path, genome, tmp_path / "x.bw")
    assert [each.name for each in tmp_path.iterdir()] == ["f.tsv"]


def test_reads_without_a_place_that_say_they_are_mapped(tmp_path, genome):
    pysam = pytest.importorskip("pysam")
    path = write_bam(tmp_path / "a.bam", [READ] * 3)
    with pysam.AlignmentFile(str(path)) as file:
        header, reads = file.header, list(file)
    reads[0].reference_start = -1
    reads[1].reference_id = -1
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for read in reads:
            file.write(read)
    found = cut_sites(path, genome, tmp_path / "x.bw")
    assert found.files[0].left_out == {"unmapped": 2}
    assert content(tmp_path / "x.bw") == {("chr1", 14): 1}


def test_fragments_are_compressed_mostly(tmp_path, genome):
    path = write_fragments(tmp_path / "f.tsv", random_reads(200))
    cut_sites(path, genome, tmp_path / "x.bw")
    packed = tmp_path / "f.tsv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    cut_sites(packed, genome, tmp_path / "y.bw")
    assert content(tmp_path / "y.bw") == content(tmp_path / "x.bw")
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"f.tsv.gz: the gzip data are cut short"):
        cut_sites(packed, genome, tmp_path / "y.bw")


def test_contigs_that_the_genome_lacks_are_left_out_if_not_all(tmp_path, genome):
    path = tmp_path / "f.tsv"
    path.write_text("chrEBV\t5\t30\nchr1\t7\t30\nchrEBV\t5\t50\nchrEBV2\t5\t50\n")
    found = cut_sites(path, genome, tmp_path / "x.bw")
    assert found.files[0].left_out == {"on a contig that the genome lacks": 6}
    assert content(tmp_path / "x.bw") == {("chr1", 7): 1, ("chr1", 30): 1}


def damaged(path, how):
    data = path.read_bytes()
    cut = {"no end block": data[:-28], "half": data[: len(data) // 2], "empty": b""}
    if how in cut:
        path.write_bytes(cut[how])
    else:
        middle = len(data) // 2
        path.write_bytes(data[:middle] + b"\xff" * 20 + data[middle + 20 :])
    return path


@pytest.mark.parametrize("how", ["no end block", "half", "empty", "noise"])
def test_damaged_bam_is_refused(tmp_path, genome, how, capfd):
    path = damaged(write_bam(tmp_path / "a.bam", random_reads(3000)), how)
    with pytest.raises(InputError, match=r"a.bam: (cut short, damaged|expected chrom)"):
        cut_sites(path, genome, tmp_path / "x.bw")
    assert capfd.readouterr().err == ""  # of htslib


def test_bam_that_does_not_fit_is_refused(tmp_path, genome):
    out = tmp_path / "x.bw"
    path = write_bam(tmp_path / "a.bam", [READ], {"chr1": 901})
    with pytest.raises(InputError, match=r"chr1 has 900 bp. Received: 901 bp"):
        cut_sites(path, genome, out)
    path = write_bam(tmp_path / "a.bam", [])
    with pytest.raises(InputError, match=r"a.bam: expected reads. Received: none"):
        cut_sites(path, genome, out)
    path = write_bam(tmp_path / "a.bam", [READ])
    with pytest.raises(InputError, match=r"1 not in a proper pair. Of single-end"):
        cut_sites(path, genome, out, proper_pairs=True)
    path = write_bam(tmp_path / "a.bam", [READ], {"1": 900, "chr1": 900})
    path = write_bam(tmp_path / "a.bam", [READ._replace(chrom="1")], {"1": 900})
    with pytest.raises(InputError, match=r"1 ends, but no sequence '1'.*'chr1'"):
        cut_sites(path, genome, out)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"out": "x.tsv"}, InputError, r"\.bw or \.bigwig. Received: \.tsv"),
        ({"out": "no/x.bw"}, OutputError, "the folder does not exist"),
        ({"files": []}, InputError, "at least one file"),
        ({"files": "no.bam"}, InputError, "no.bam: no such file"),
        ({"assay": "mnase"}, InputError, "assay.*'mnase'"),
        ({"plus_shift": 4}, InputError, "plus_shift and minus_shift, or neither"),
        ({"plus_shift": 40, "minus_shift": 0}, InputError, "10 bp at most"),
        ({"min_mapping_quality": -1}, InputError, "min_mapping_quality of at least 0"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    tmp_path, genome, arguments, error, said, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = write_fragments(Path("f.tsv"), [READ])
    with pytest.raises(error, match=said):
        cut_sites(**{"files": path, "genome": genome, "out": "x.bw", **arguments})
