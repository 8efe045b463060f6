import errno
import multiprocessing
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from registry.errors import StoreError
from tests.made import write_fasta
from tests.zoo.data.genomes.genome_files import CODE
from zoo.data import Genome
from zoo.data.genomes import cache as genome_cache
from zoo.data.genomes.text import FastaText
from zoo.errors import InputError

TEXT = "ACGTNacgtnAACCGGTT" * 20
EXPECTED = [CODE[letter] for letter in TEXT.upper()]


@pytest.fixture
def fasta(tmp_path):
    return write_fasta(tmp_path / "genome.fa", {"chr1": TEXT, "chr2": "TTTTT"})


def kept(cache):
    """Everything that is in the cache but for locks."""
    return sorted(p for p in (cache / "genomes").glob("*") if p.is_file())


def counted(monkeypatch):
    builds = []
    build = genome_cache._build
    monkeypatch.setattr(
        genome_cache, "_build", lambda *given: (builds.append(1), build(*given))
    )
    return builds


def test_it_is_built_once(cache, fasta, monkeypatch):
    builds = counted(monkeypatch)
    for _ in range(3):
        genome = Genome(fasta)
        assert genome.codes("chr1", 0, len(TEXT)).tolist() == EXPECTED
    link = fasta.with_name("link.fa")
    link.symlink_to(fasta)
    assert Genome(link).codes("chr2", 0, 5).tolist() == [3] * 5
    assert len(builds) == 1
    (file,) = kept(cache)
    # One byte per base, and what says which file it is of.
    assert len(TEXT) + 5 < file.stat().st_size < len(TEXT) + 1_000
    assert not file.stat().st_mode & 0o222


@pytest.mark.parametrize("change", ["mtime", "size", "both"])
def test_a_changed_file_is_read_anew(cache, fasta, change):
    old = Genome(fasta)
    was = fasta.stat()
    text = "G" + TEXT[1:] + "A" * (change != "mtime")
    write_fasta(fasta, {"chr1": text, "chr2": "TTTTT"})
    later = was.st_mtime_ns + (change != "size") * 1_000
    os.utime(fasta, ns=(was.st_atime_ns, later))
    assert Genome(fasta).codes("chr1", 0, 3).tolist() == [2, 1, 2]
    assert len(kept(cache)) == 1
    with pytest.raises(InputError, match="changed since it was opened"):
        old.codes("chr1", 0, 3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:100],
        lambda content: content[:-1],
        lambda content: content[1:],
        lambda content: content + b"\0",
        lambda content: content.replace(b'"chr2"', b'"chr3"'),
        lambda content: b"\0" * len(content),
    ],
)
def test_a_damaged_cache_is_built_anew(cache, fasta, damage, caplog):
    Genome(fasta)
    (file,) = kept(cache)
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(damage(whole))
    assert Genome(fasta).codes("chr1", 0, len(TEXT)).tolist() == EXPECTED
    assert kept(cache)[0].read_bytes() == whole
    assert "is damaged and not used" in caplog.text


def test_what_a_killed_process_left_is_written_over(cache, fasta):
    Genome(fasta)
    (file,) = kept(cache)
    partial = file.with_suffix(".partial")
    file.rename(partial)
    partial.chmod(0o644)
    partial.write_bytes(b"x" * 10_000)
    assert Genome(fasta).codes("chr1", 0, len(TEXT)).tolist() == EXPECTED
    assert kept(cache) == [file]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), StoreError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (MemoryError(), MemoryError),
    ],
)
def test_nothing_partial_is_left(cache, fasta, monkeypatch, error, raised):
    read = FastaText.read

    def fail(text, contig_numbers, *rest):
        if text.index.names[contig_numbers[0]] == "chr2":
            raise error
        return read(text, contig_numbers, *rest)

    with monkeypatch.context() as patch, pytest.raises(raised) as caught:
        patch.setattr(FastaText, "read", fail)
        Genome(fasta)
    if raised is StoreError:
        assert "SEQZOO_CACHE" in str(caught.value)
        assert "cache=False" in str(caught.value)
    assert kept(cache) == []
    assert Genome(fasta).codes("chr2", 0, 2).tolist() == [3, 3]


def test_a_full_disk_is_seen_before_it_is_filled(cache, fasta, monkeypatch):
    usage = shutil.disk_usage(fasta.parent)._replace(free=300)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(StoreError, match=r"No space left.*Free space.*cache=False"):
        Genome(fasta)
    assert kept(cache) == []


def test_an_unfit_file_leaves_nothing(cache, tmp_path):
    path = write_fasta(tmp_path / "a.fa", {"a": "ACGT", "b": "AC!T"})
    with pytest.raises(InputError, match=r"b: .*'!' at position 3"):
        Genome(path)
    assert kept(cache) == []


def test_a_file_that_changes_while_it_is_read(cache, fasta, monkeypatch):
    read = FastaText.read

    def touched(*given):
        os.utime(fasta, (1, 1))
        return read(*given)

    with monkeypatch.context() as patch:
        patch.setattr(FastaText, "read", touched)
        with pytest.raises(InputError, match="changed while it was read"):
            Genome(fasta)
    assert kept(cache) == []


def test_a_cache_that_cannot_be_written(fasta, tmp_path, monkeypatch):
    # A file in the place of the folder stops the superuser, too.
    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path / "cache"))
    with pytest.raises(StoreError, match=r"SEQZOO_CACHE.*cache=False"):
        Genome(fasta)
    assert Genome(fasta, cache=False).codes("chr1", 0, 2).tolist() == [0, 1]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_cache_is_still_read(cache, fasta):
    Genome(fasta)
    for folder in (cache / "genomes", cache / "locks", cache):
        folder.chmod(0o555)
    try:
        assert Genome(fasta).codes("chr1", 0, 2).tolist() == [0, 1]
        os.utime(fasta, (1, 1))
        with pytest.raises(StoreError, match="SEQZOO_CACHE"):
            Genome(fasta)
    finally:
        for folder in (cache, cache / "genomes", cache / "locks"):
            folder.chmod(0o755)


def test_a_shared_cache_is_read(cache, fasta, tmp_path, monkeypatch):
    Genome(fasta)
    monkeypatch.setenv("SEQZOO_SHARED_CACHES", str(cache))
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path / "mine"))
    builds = counted(monkeypatch)
    assert Genome(fasta).codes("chr1", 0, 2).tolist() == [0, 1]
    assert builds == []


def build_at_once(path, barrier, results):
    barrier.wait(timeout=60)
    codes = Genome(path).codes("chr1", 0, len(TEXT))
    results.put(codes.tolist() == EXPECTED)


def test_two_processes_at_once(cache, fasta):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=build_at_once, args=(fasta, barrier, results))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == [True, True]
    for process in processes:
        process.join(timeout=60)
        assert process.exitcode == 0
    assert len(kept(cache)) == 1


def test_an_open_genome_keeps_what_it_reads(cache, fasta):
    """A new content gets a new file: what is mapped does not change under it."""
    genome = Genome(fasta)
    before = genome._read.codes
    write_fasta(fasta, {"chr1": "GG"})
    assert Genome(fasta).contigs == {"chr1": 2}
    assert np.asarray(before[:3]).tolist() == [0, 1, 2]
    assert Path(before.filename).exists()
