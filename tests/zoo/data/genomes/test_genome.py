import gzip
import os
import pickle
import tracemalloc

import numpy as np
import pyfaidx
import pytest
from hypothesis import given, settings, strategies as st

from tests.made import write_fasta
from tests.zoo.data.genomes.genome_files import (
    CODE,
    codes_by_pyfaidx,
    draw_intervals,
    fasta_files,
)
from zoo.data import Examples, Genome, Intervals
from zoo.data.genomes import flat as genome_flat
from zoo.data.genomes.flat import take_windows
from zoo.errors import InputError

CHR1 = "ACGTNacgtnAACCGGTT"
BOTH = pytest.mark.parametrize("cache", [True, False])


@pytest.fixture
def fasta(tmp_path):
    return write_fasta(
        tmp_path / "genome.fa", {"chr1": CHR1, "chr2": "TTTTT", "MT": "GGG"}, width=7
    )


def intervals(*rows):
    chrom, start, end, strand = zip(*rows, strict=True)
    return Intervals(np.array(chrom), np.array(start), np.array(end), np.array(strand))


@settings(max_examples=40, deadline=None)
@given(data=st.data(), file=fasta_files(), cache=st.booleans())
def test_gather_is_what_pyfaidx_reads(tmp_path_factory, data, file, cache):
    path = write_fasta(tmp_path_factory.mktemp("fasta") / "a.fa", **file)
    genome = Genome(path, cache=cache)
    with pyfaidx.Fasta(str(path)) as fasta:
        assert list(genome.contigs.items()) == [(r.name, len(r)) for r in fasta]
    numbers, starts, length, strands = draw_intervals(data, genome.contigs)
    names = list(genome.contigs)
    expected = [
        codes_by_pyfaidx(path, names[n], s, length, strand)
        for n, s, strand in zip(
            numbers.tolist(), starts.tolist(), strands.tolist(), strict=True
        )
    ]
    codes = genome.gather(numbers, starts, length, strands, beyond="pad")
    assert codes.dtype == np.uint8
    assert codes.tolist() == expected
    # Bioconductor writes * for no strand.
    starred = np.where(strands == ".", "*", strands)
    again = genome.gather(numbers, starts, length, starred, beyond="pad")
    assert again.tolist() == expected
    assert codes.flags.writeable
    sizes = np.array([*genome.contigs.values()])[numbers]
    inside = (starts >= 0) & (starts + length <= sizes)
    if inside.all():
        assert genome.gather(numbers, starts, length, strands).tolist() == expected
    else:
        with pytest.raises(InputError, match=f"interval {np.argmin(inside) + 1}, "):
            genome.gather(numbers, starts, length)


@BOTH
def test_many_lines_and_contigs_of_several_line_lengths(tmp_path, cache):
    """More rows than are read at a time, most lines whole, some at the ends."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGTn"), size)) for size in (9_000, 7_001, 400)]
    path = tmp_path / "a.fa"
    with path.open("w") as file:
        for number, (text, width) in enumerate(zip(texts, (60, 50, 400), strict=True)):
            file.write(f">c{number}\n")
            for start in range(0, len(text), width):
                file.write(text[start : start + width] + "\n" * (start < 9_000))
    genome = Genome(path, cache=cache)
    flat = [np.array([CODE[x] for x in text.upper()], np.uint8) for text in texts]
    for length in (1, 300, 395):
        numbers = rng.integers(0, 3, 3_000)
        sizes = np.array([len(text) for text in texts])[numbers]
        starts = rng.integers(0, sizes - length + 1)
        codes = genome.gather(numbers, starts, length)
        for row, number, start in zip(codes, numbers, starts, strict=True):
            assert (row == flat[number][start : start + length]).all()


@BOTH
def test_one_interval(fasta, cache):
    genome = Genome(fasta, cache=cache)
    assert genome.codes("chr1", 3, 8).tolist() == [3, 4, 0, 1, 2]
    assert genome.codes("chr1", 0, 18).tolist() == [CODE[x] for x in CHR1.upper()]
    assert (genome.path, genome.contigs["MT"]) == (fasta, 3)
    assert repr(genome).endswith("genome.fa': 3 contigs, 26 bp)")
    for start, end in ((3, 3), (4, 2)):
        with pytest.raises(InputError, match="Expected start < end"):
            genome.codes("chr1", start, end)
    for start, end in ((-1, 2), (16, 19), (40, 50)):
        with pytest.raises(InputError, match=rf"chr1:{start}-{end}, .* 18 bp .*asse"):
            genome.codes("chr1", start, end)


def test_no_intervals(fasta):
    nothing = np.array([], np.int64)
    assert Genome(fasta).gather(nothing, nothing, 7).shape == (0, 7)
    assert Genome(fasta, cache=False).gather(nothing, nothing, 70).shape == (0, 70)
    sequences, rows = Genome(fasta).sequences(
        Intervals(np.array([], str), nothing, nothing, np.array([], str)), 5
    )
    assert len(sequences) == len(rows) == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("1", r"Did you mean 'chr1'\? .*sed 's/\^/chr/'"),
        ("chrMT", r"Did you mean 'MT'\? .*sed 's/\^chr//'"),
        ("Chr1", r"Did you mean 'chr1'\?$"),
        ("scaffold_9", r"It has: chr1, chr2, MT\.$"),
    ],
)
def test_a_contig_of_another_name_is_an_error_with_the_fix(fasta, name, message):
    genome = Genome(fasta)
    chrom = np.array(["chr2", name, name])
    with pytest.raises(InputError, match=rf"^No sequence '{name}' in .*\(2 of 3 .*"):
        genome.contig_numbers(chrom)
    with pytest.raises(InputError, match=message):
        genome.contig_numbers(chrom)
    assert genome.contig_numbers(["MT", "chr1"]).tolist() == [2, 0]


def test_sequences_are_the_middle_of_their_intervals(fasta):
    genome = Genome(fasta)
    chosen = intervals(("chr1", 4, 8, "+"), ("chr1", 0, 9, "-"), ("chr2", 0, 4, "."))
    sequences, rows = genome.sequences(chosen, 4)
    assert rows.tolist() == [0, 1, 2]
    assert (len(sequences), sequences.sequence_length) == (3, 4)
    expected = [
        codes_by_pyfaidx(fasta, "chr1", 4, 4),
        codes_by_pyfaidx(fasta, "chr1", 2, 4, "-"),
        codes_by_pyfaidx(fasta, "chr2", 0, 4),
    ]
    assert sequences.gather(np.array([0, 1, 2])).tolist() == expected
    part = sequences.subset(np.array([2, 1]))
    assert part.gather(np.array([1, 0, 1])).tolist() == [expected[i] for i in (1, 2, 1)]
    examples = Examples(sequences, intervals=chosen).subset([False, True, True])
    assert examples.codes().tolist() == expected[1:]


def test_beyond_the_ends(fasta):
    genome = Genome(fasta)
    chosen = intervals(
        ("chr1", 5, 7, "+"), ("chr2", 0, 2, "-"), ("MT", 1, 3, "."), ("MT", 9, 11, ".")
    )
    with pytest.raises(InputError, match=r"interval 2, chr2:-1-3, .*5 bp \(3 of 4 "):
        genome.sequences(chosen, 4)
    padded, rows = genome.sequences(chosen, 4, beyond="pad")
    assert rows.tolist() == [0, 1, 2, 3]
    assert padded.gather(rows).tolist() == [
        codes_by_pyfaidx(fasta, "chr1", 4, 4),
        [0, 0, 0, 4],
        [2, 2, 2, 4],
        [4, 4, 4, 4],
    ]
    kept, rows = genome.sequences(chosen, 4, beyond="drop")
    assert rows.tolist() == [0]
    assert kept.gather(np.array([0])).tolist() == [
        codes_by_pyfaidx(fasta, "chr1", 4, 4)
    ]
    # Its middle is within, but the interval was made for a longer contig.
    with pytest.raises(InputError, match="same assembly"):
        genome.sequences(intervals(("chr2", 1, 6, "+")), 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("chr1", 3, 3, "+"), r"start < end\. .*interval 2, chr1:3-3 \(1 of 2"),
        (("chr1", 5, 3, "+"), r"start < end"),
        (("chr1", -2, 3, "+"), r"interval 2, chr1:-"),
        (("chr1", 2, 5, "x"), r"strand .*'x'"),
        (("7", 2, 5, "+"), r"No sequence '7'"),
    ],
)
def test_bad_intervals(fasta, row, message):
    with pytest.raises(InputError, match=message):
        Genome(fasta).sequences(intervals(("chr1", 3, 6, "+"), row), 3)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0], [0], 0), {}, "at least 1 bp"),
        (([0], [0], -3), {}, "at least 1 bp"),
        (([0], [0], 2.5), {}, "an integer"),
        (([0], [0, 1], 2), {}, r"one start for each .*\(2,\) starts, \(1,\)"),
        (([0.5], [0], 2), {}, "Expected integers"),
        (([[0]], [[0]], 2), {}, "Expected integers"),
        (([3], [0], 2), {}, "numbers from 0 to 2. Received: 3 to 3"),
        (([-1], [0], 2), {}, "numbers from 0 to 2"),
        (([0], [0], 2, ["+", "-"]), {}, "one strand for each of 1"),
        (([0], [0], 2), {"beyond": "drop"}, "beyond to be one of 'error', 'pad'"),
    ],
)
def test_bad_arguments(fasta, arguments, options, message):
    with pytest.raises(InputError, match=message):
        Genome(fasta).gather(*arguments, **options)
    with pytest.raises(InputError, match="ambiguous to be one of 'error', 'unknown'"):
        Genome(fasta, ambiguous="N")
    with pytest.raises(InputError, match="one of 'error', 'pad', 'drop'"):
        Genome(fasta).sequences(intervals(("chr1", 0, 2, "+")), 2, beyond="wrap")


@BOTH
def test_a_genome_crosses_to_another_process_as_its_path(fasta, cache):
    genome = Genome(fasta, cache=cache)
    sequences, _ = genome.sequences(intervals(("chr1", 2, 9, "-")), 7)
    packed = pickle.dumps(sequences)
    assert len(packed) < 2_000
    row = np.array([0])
    assert (pickle.loads(packed).gather(row) == sequences.gather(row)).all()
    os.utime(fasta, (1, 1))
    with pytest.raises(InputError, match="changed since it was opened"):
        pickle.loads(packed)


@BOTH
@pytest.mark.parametrize("change", ["touch", "grow", "remove"])
def test_a_file_that_changes_while_open(fasta, cache, change):
    genome = Genome(fasta, cache=cache)
    if change == "touch":
        os.utime(fasta, (1, 1))
    elif change == "grow":
        was = fasta.stat()
        fasta.write_bytes(fasta.read_bytes() + b"A\n")
        os.utime(fasta, ns=(was.st_atime_ns, was.st_mtime_ns))
    else:
        fasta.unlink()
    with pytest.raises(InputError, match=r"changed since|no such file"):
        genome.codes("chr1", 0, 2)


@pytest.mark.parametrize("compress", ["gzip", "bgzip"])
def test_a_compressed_fasta(fasta, compress, tmp_path):
    text = fasta.read_bytes()
    parts = [text] if compress == "gzip" else [text[:9], text[9:20], text[20:], b""]
    packed = tmp_path / "packed.fa.gz"
    packed.write_bytes(b"".join(map(gzip.compress, parts)))
    genome = Genome(packed)
    assert genome.contigs == {"chr1": 18, "chr2": 5, "MT": 3}
    assert genome.codes("chr1", 2, 6).tolist() == [2, 3, 4, 0]
    with pytest.raises(InputError, match=r"compressed.*cache=True.*gzip -d"):
        Genome(packed, cache=False)


@BOTH
def test_memory_is_that_of_the_result(tmp_path, cache):
    path = write_fasta(tmp_path / "a.fa", {"c": "ACGT" * 500_000})
    genome = Genome(path, cache=cache)
    starts = np.random.default_rng(0).integers(0, 1_990_000, 200)
    genome.gather(np.zeros(200, int), starts, 500)
    tracemalloc.start()
    codes = genome.gather(np.zeros(200, int), starts, 500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The genome is 2,000 kB; lines are read in blocks of 256 kB.
    assert codes.nbytes == 100_000
    assert peak < 800_000


@pytest.mark.parametrize("length", [1, 7, 64])
def test_several_threads_fill_one_array(monkeypatch, length):
    monkeypatch.setattr(genome_flat, "_CHUNK_BYTES", 100)
    random = np.random.default_rng(0)
    flat = random.integers(0, 5, 5_000, dtype=np.uint8)
    starts = random.integers(0, 5_000 - length, 999)
    expected = np.stack([flat[start : start + length] for start in starts])
    np.testing.assert_array_equal(take_windows(flat, starts, length), expected)
